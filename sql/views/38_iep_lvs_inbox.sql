-- Messages of UWLR as they are derived: what the inbox holds of them, and the source that their school's link names.
create or replace view core.uwlr_inbox as
select
    messages.message_id,
    messages.brin6,
    links.source,
    messages.brin6 || '/' || messages.message_id as scope,
    inbox.key,
    inbox.body is not null as has_body,
    inbox.created_at,
    inbox.received_at,
    messages.is_test,
    messages.lenient,
    messages.results,
    messages.left_out
from core.uwlr_messages as messages
join raw.inbox using (message_id)
join core.school_links as links using (brin6);

comment on view core.uwlr_inbox is 'Messages of UWLR: what the inbox holds of them, and the source that the link of their school names';
