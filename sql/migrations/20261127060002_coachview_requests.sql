-- migrate:up

-- Which rows of reference tables a system states; all others were entered by hand.
create table ops.reference_origins (
    file text not null,
    key text not null,
    system text not null,
    primary key (file, key)
);
comment on table ops.reference_origins is 'Rows of reference tables that a system states (file, and key as a JSON array); what stands in no row here was entered by hand, and no system changes it';

create table raw.coachview_rows (
    entity text not null,
    id text not null,
    fields jsonb not null,
    read_at timestamptz not null default clock_timestamp(),
    gone_at timestamptz,
    primary key (entity, id)
);
comment on table raw.coachview_rows is 'Rows of Coachview''s lists as they were read last: only the fields that are used; gone_at: when a look at the whole list did not find them any more';

create table raw.coachview_seen (
    entity text not null,
    id text not null,
    primary key (entity, id)
);
comment on table raw.coachview_seen is 'Rows that a look at a whole list has seen until now; empty when none is under way';

create table ops.coachview_reading (
    entity text primary key,
    read_until date not null,
    whole_since timestamptz,
    whole_at timestamptz
);
comment on table ops.coachview_reading is 'How far each list of Coachview is read: changes until the day read_until; whole_since: a look at all of it is under way since then; whole_at: when the last one was finished';

create table ops.coachview_calls (
    run_id text not null,
    hour timestamptz not null,
    calls integer not null,
    remaining integer,
    resets_at timestamptz,
    told_at timestamptz,
    primary key (run_id, hour)
);
create index on ops.coachview_calls (hour);
comment on table ops.coachview_calls is 'Requests to Coachview''s REST interface by run and hour, and what Coachview said last of the requests that are left; a day has 5,000';

-- migrate:down
