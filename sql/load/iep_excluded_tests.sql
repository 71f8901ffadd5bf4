select pattern from core.excluded_tests where closed_at is null
