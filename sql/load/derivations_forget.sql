-- A course that is not looked at any more is derived anew when it comes back, whatever was landed of it.
delete from ops.derivations
where flow = :flow
and source = :source
and scope <> all(cast(:scopes as text []))
