select value as user_id, client_code
from core.client_numbers
where scheme = :scheme and closed_at is null
