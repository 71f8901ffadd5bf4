-- migrate:up

create table ops.derived_courses (
    source text not null,
    scope text not null,
    landing_id bigint not null,
    reference_version bigint not null,
    accounts_version bigint not null,
    facts text not null,
    people text not null,
    activities jsonb not null,
    primary key (source, scope)
);
comment on table ops.derived_courses is 'What a course was derived from last, where it is derived learner by learner; without a row all of it is derived';
comment on column ops.derived_courses.source is 'Connected system of the course';
comment on column ops.derived_courses.scope is 'Course in that system';
comment on column ops.derived_courses.landing_id is 'Answers up to this one are derived';
comment on column ops.derived_courses.reference_version is 'Reference data of this version are derived';
comment on column ops.derived_courses.accounts_version is 'Accounts of the site as they were known then';
comment on column ops.derived_courses.facts is 'Hash over what the administration says of the course itself';
comment on column ops.derived_courses.people is 'Hash over clients, their numbers and the accounts of the site, among which learners are matched';
comment on column ops.derived_courses.activities is 'Activities that the grade reports show of anybody, with their types';

create table ops.derived_learners (
    source text not null,
    scope text not null,
    user_id bigint not null,
    listed boolean not null,
    reported boolean not null,
    idnumber text,
    client_code text,
    reason text,
    shown bigint not null,
    unmapped bigint [] not null,
    facts text,
    primary key (source, scope, user_id)
);
comment on table ops.derived_learners is 'Whom the last derivation of a course met, and what it knew of them: only whose facts differ is derived again';
comment on column ops.derived_learners.source is 'Connected system of the course';
comment on column ops.derived_learners.scope is 'Course in that system';
comment on column ops.derived_learners.user_id is 'Learner in that system';
comment on column ops.derived_learners.listed is 'Whether the learner was among the participants';
comment on column ops.derived_learners.reported is 'Whether there was a grade report of the learner';
comment on column ops.derived_learners.idnumber is 'Idnumber that the grade report showed';
comment on column ops.derived_learners.client_code is 'Who the learner is';
comment on column ops.derived_learners.reason is 'Why the learner is nobody''s, as a reason code';
comment on column ops.derived_learners.shown is 'Hash over the activities that the report of the learner shows';
comment on column ops.derived_learners.unmapped is 'Activities without a unit in which the learner has a grade';
comment on column ops.derived_learners.facts is 'Hash over the enrolments of the learner in the course and what hangs on them; empty where there are none, or where they changed meanwhile';

-- Rejected rows of learners are replaced learner by learner.
alter table ops.rejections add column learner text;
comment on column ops.rejections.learner is 'Whose row it is, where it is judged learner by learner';

-- migrate:down
