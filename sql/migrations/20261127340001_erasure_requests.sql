-- migrate:up
create table ops.erasure_requests (
    request_id bigint generated always as identity primary key,
    asked_at timestamptz not null default clock_timestamp(),
    asked_by text not null,
    looked_through bigint not null default 0,
    answers bigint,
    refused text,
    ended_at timestamptz
);
comment on table ops.erasure_requests is 'Erasures that were asked for on a page, and how far each is; never of whom';
comment on column ops.erasure_requests.looked_through is 'Of how many landed answers it is known whether the person is in them';
comment on column ops.erasure_requests.answers is 'How many there are; empty: it did not come to them yet';
comment on column ops.erasure_requests.refused is 'Why nothing was erased';
comment on column ops.erasure_requests.ended_at is 'When it was refused; of one that was done ops.erasures says when';

alter table ops.erasures add column request_id bigint unique references ops.erasure_requests;
comment on column ops.erasures.request_id is 'The request on a page that it was done for; empty: by a command';

-- migrate:down
