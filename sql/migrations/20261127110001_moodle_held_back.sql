-- migrate:up

create table ops.moodle_held_back (
    source text primary key references core.sources,
    due integer not null,
    at_most integer not null,
    run_id text not null,
    problem text not null,
    since timestamptz not null default clock_timestamp()
);
comment on table ops.moodle_held_back is 'Moodle sites to which more is due than one run may send, so that nothing is sent until a person confirms it; the run that met it first was red, the next ones are not';
comment on column ops.moodle_held_back.source is 'The site';
comment on column ops.moodle_held_back.due is 'How many accounts, enrolments and changes are due';
comment on column ops.moodle_held_back.at_most is 'How many a run may send';
comment on column ops.moodle_held_back.run_id is 'The run that met this number first';
comment on column ops.moodle_held_back.problem is 'The same as a sentence, with what to do';
comment on column ops.moodle_held_back.since is 'Since when it is this number';

-- migrate:down
