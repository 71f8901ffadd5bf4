-- migrate:up

create table core.unreadable_results (
    brin6 text not null references core.school_links,
    about text not null,
    record_key text not null,
    message_id bigint not null references raw.inbox,
    primary key (brin6, about)
);
comment on table core.unreadable_results is 'Results that a lenient link could not read, each under the key that it came with last: about is a hash of pupil, test and day, by which senders that give them a new key every time are listed once';

-- migrate:down
