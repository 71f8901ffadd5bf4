-- migrate:up

alter table core.courses add column can_be_asked boolean not null default true;
comment on column core.courses.can_be_asked is 'Whether the source answers about the course as it is now; of some systems only published courses can be asked about';

update core.courses
set can_be_asked = coalesce(courses.visible, false)
from core.sources
where sources.source = courses.source and sources.system = 'infocaption';

-- migrate:down
