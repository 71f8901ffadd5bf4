-- Messages to derive now: those of a past night, or else what is new, what this run took, and what was left out before
-- the reference data changed.
select
    inbox.message_id,
    inbox.source,
    inbox.brin6,
    inbox.brin6 || '/' || inbox.message_id as scope,
    inbox.created_at,
    inbox.kind = 'test' as is_test,
    inbox.lenient,
    inbox.results,
    encode(sha256(inbox.sha256 || int8send(reference_version.version)), 'hex') as inputs
from raw.inbox
cross join ops.reference_version
left join ops.derivations as derived
    on derived.flow = :flow
    and derived.source = inbox.source
    and derived.scope = inbox.brin6 || '/' || inbox.message_id
where inbox.body is not null
and (cast(:schools as text[]) is null or inbox.brin6 = any(:schools))
and case
    when cast(:until as timestamptz) is not null
        then inbox.received_at >= cast(:until as timestamptz) - interval '1 day' and inbox.received_at < :until
    else
        :full
        or derived.scope is null
        or derived.run_id = :run_id
        or derived.inputs <> sha256(inbox.sha256 || int8send(reference_version.version))
        and (
            inbox.kind = 'test'
            or inbox.left_out
        )
end
order by inbox.created_at, inbox.message_id
