create or replace view mart.registrations as
select
    parts.integration,
    parts.course_id,
    parts.training_code,
    trainings.name as training_name,
    held.part_code,
    parts.name as part_name,
    held.request_code,
    requests.person_id,
    requests.external_id,
    requests.client_code,
    held.result,
    held.presence,
    held.passed,
    held.finished,
    held.approved,
    held.approved_on,
    held.completed_at,
    (
        select count(*)
        from core.registration_attempts as attempts
        where attempts.request_code = held.request_code
        and attempts.part_code = held.part_code
        and not attempts.grade_registered
    ) as later_attempts,
    held.registered_at,
    held.changed_at
from core.registrations as held
join core.training_parts as parts using (part_code)
join core.trainings on trainings.training_code = parts.training_code
join core.training_requests as requests using (request_code);

comment on view mart.registrations is 'What completed courses registered of the e-learning parts of training requests: one row a learner and part. The first result stands; presence, passed, finished and approved are never taken back';
comment on column mart.registrations.integration is 'Integration of the e-learning system';
comment on column mart.registrations.course_id is 'Course there';
comment on column mart.registrations.training_code is 'Training';
comment on column mart.registrations.training_name is 'Its name';
comment on column mart.registrations.part_code is 'E-learning part of the training';
comment on column mart.registrations.part_name is 'Its name';
comment on column mart.registrations.request_code is 'Request of the learner';
comment on column mart.registrations.person_id is 'Number of the person in the training administration';
comment on column mart.registrations.external_id is 'Number under which other systems know the person';
comment on column mart.registrations.client_code is 'The learner, as the administration names the client; empty where the warehouse has none';
comment on column mart.registrations.result is 'Result: the first one that was given, or the one that the administration held; empty where there is none';
comment on column mart.registrations.presence is 'Whether presence is ticked';
comment on column mart.registrations.passed is 'Whether passed is ticked';
comment on column mart.registrations.finished is 'Whether the part is finished';
comment on column mart.registrations.approved is 'Whether the part is approved: where a result, presence or passed was told';
comment on column mart.registrations.approved_on is 'Day of that completion, in the time zone of the integration';
comment on column mart.registrations.completed_at is 'Moment of the first completion';
comment on column mart.registrations.later_attempts is 'How many completions came with another grade, which is not registered (mart.registration_attempts)';
comment on column mart.registrations.registered_at is 'When it was registered here';
comment on column mart.registrations.changed_at is 'When something was added to it last';

create or replace view mart.registration_attempts as
select
    said.integration,
    said.course_id,
    attempts.request_code,
    attempts.part_code,
    attempts.completion_id,
    said.completed_at,
    said.completed_on,
    attempts.grade,
    attempts.grade_registered,
    attempts.outcome,
    said.message_id,
    attempts.recorded_at
from core.registration_attempts as attempts
join core.reported_completions as said using (completion_id);

comment on view mart.registration_attempts is 'Which completions counted for which parts of requests, and what they did: one row a completion and part. Those that count for nothing yet are in mart.rejections';
comment on column mart.registration_attempts.integration is 'Integration of the e-learning system';
comment on column mart.registration_attempts.course_id is 'Course there';
comment on column mart.registration_attempts.request_code is 'Request of the learner';
comment on column mart.registration_attempts.part_code is 'E-learning part of the training';
comment on column mart.registration_attempts.completion_id is 'Completion, as it was reported';
comment on column mart.registration_attempts.completed_at is 'Its moment';
comment on column mart.registration_attempts.completed_on is 'Its day, in the time zone of the integration';
comment on column mart.registration_attempts.grade is 'Its grade under the result definition; empty where there is none';
comment on column mart.registration_attempts.grade_registered is 'Whether that is the registered result; no: it came later, and is kept here only';
comment on column mart.registration_attempts.outcome is 'registered (the first completion), added (a result, presence or pass that was not there), nothing_new';
comment on column mart.registration_attempts.message_id is 'Message that it came in; empty where it was polled';
comment on column mart.registration_attempts.recorded_at is 'When it was looked at';
