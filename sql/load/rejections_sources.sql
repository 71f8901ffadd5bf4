-- Sources out of use of which something is open.
select distinct source
from ops.rejections
where flow = any(:flows)
and resolved_at is null
and source <> ''
and source not in (select source from core.sources where closed_at is null)
