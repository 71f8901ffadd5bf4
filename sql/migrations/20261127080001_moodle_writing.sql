-- migrate:up

create table core.moodle_writing (
    source text primary key references core.sources,
    writing text not null check (writing in ('off', 'test', 'on')),
    role_id text not null default '5',
    send_start_date boolean not null default true,
    on_withdrawal text not null default 'suspend' check (on_withdrawal in ('nothing', 'suspend', 'unenrol')),
    auth text,
    visible_when text not null default 'active+finished',
    send_automatically boolean not null default false,
    follow boolean not null default false,
    at_most integer not null default 100,
    closed_at timestamptz
);
comment on table core.moodle_writing is 'Moodle sites that people, enrolments and courses are sent to, and the settings of each';
comment on column core.moodle_writing.source is 'The site, as sources.csv names it';
comment on column core.moodle_writing.writing is 'off; test: what would be sent is shown, and nothing is; on';
comment on column core.moodle_writing.role_id is 'Role that people are enrolled with, by its number in Moodle';
comment on column core.moodle_writing.send_start_date is 'Whether the start date of the enrolment is sent with it';
comment on column core.moodle_writing.on_withdrawal is 'What becomes of a transferred enrolment that is withdrawn: nothing, suspend, or unenrol (which takes the grades out of sight)';
comment on column core.moodle_writing.auth is 'Authentication method of new accounts; empty: Moodle mails the way in and a password of its own making';
comment on column core.moodle_writing.visible_when is 'With which statuses of its occurrence a course that follows it is visible, joined by +';
comment on column core.moodle_writing.send_automatically is 'Whether enrolments are sent by themselves, of occurrences that do not say so';
comment on column core.moodle_writing.follow is 'Whether courses take over dates and visibility, of occurrences that do not say so';
comment on column core.moodle_writing.at_most is 'How many accounts and enrolments one run makes or changes without a person who confirms it';
comment on column core.moodle_writing.closed_at is 'When the file stopped stating this row';

alter table core.occurrences
    add column send_automatically boolean,
    add column follow boolean;
comment on column core.occurrences.send_automatically is 'Whether its enrolments are sent to Moodle by themselves; empty: as the site has it';
comment on column core.occurrences.follow is 'Whether its course in Moodle takes over its dates and visibility; empty: as the site has it';

call ops.watch_reference('core.moodle_writing');

-- migrate:down
