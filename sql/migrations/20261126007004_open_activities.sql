-- migrate:up

create table core.open_activities (
    source text not null references core.sources,
    source_course_id text not null,
    enrolment_code text not null,
    unit_code text not null,
    activity_id text not null,
    state text not null check (
        state in ('not_graded', 'partly_graded', 'not_passed', 'not_readable', 'withheld', 'missing')
    ),
    primary key (source, enrolment_code, unit_code, activity_id)
);
create index on core.open_activities (source, source_course_id);
create index on core.open_activities (enrolment_code, unit_code);
create index unit_results_started on core.unit_results (started_on) where status = 'started';
comment on table core.open_activities is 'Mapped activities of started units that are not passed yet, as of the last derivation of their course';

-- Names of activities and what is open are found when a course is derived: all are derived again, from what is landed.
update ops.reference_version set version = version + 1;

-- migrate:down
