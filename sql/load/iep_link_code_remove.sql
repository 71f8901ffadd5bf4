delete from ops.link_codes where brin6 = :brin6
