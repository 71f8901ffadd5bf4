-- migrate:up
-- What is listed of one person is looked up, and not looked for among all that is listed: by the learner where rows tell
-- one, else by the pieces that their keys are made of.
create index rejections_of_learners on ops.rejections (source, learner) where learner is not null;

create function ops.key_pieces(record_key text) returns text [] immutable strict parallel safe language sql
return string_to_array(translate(record_key, ' ,', '//'), '/');
comment on function ops.key_pieces(text) is 'What the key of a listed row is made of: the words between its slashes, blanks and commas';
create index rejections_by_pieces on ops.rejections using gin (ops.key_pieces(record_key)) where learner is null;
create index dry_run_rejections_by_pieces on ops.dry_run_rejections using gin (ops.key_pieces(record_key));

-- Who else has an address, and what is sent of a completion, are asked for one person too.
create index on core.clients (lower(email));
create index on ops.coachview_results (completion_id);

-- migrate:down
