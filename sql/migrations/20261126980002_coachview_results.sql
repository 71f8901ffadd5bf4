-- migrate:up

create table ops.coachview_results (
    item_id bigint primary key references ops.outbox,
    completion_id bigint not null,
    request_code text not null,
    part_code text not null,
    person text not null,
    course_id text not null,
    result numeric,
    presence boolean,
    passed boolean,
    completed_on date not null
);
create index on ops.coachview_results (request_code);
comment on table ops.coachview_results is 'Items of ops.outbox for Coachview: a completion that was registered, and what the message says of it; a message goes out once, for every part that it was registered on';

-- migrate:down
