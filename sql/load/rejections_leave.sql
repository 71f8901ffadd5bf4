-- What is not looked at any more (a course without a link, a source out of use) is not open any more.
update ops.rejections
set resolved_at = clock_timestamp(), run_id = :run_id
where flow = any(:flows)
and source = :source
and scope <> all(cast(:scopes as text []))
and resolved_at is null
