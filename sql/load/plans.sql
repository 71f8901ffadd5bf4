-- name: along_indexes
-- For this transaction: somebody waits for few rows, found by indexes that a server in use has in memory. Priced as a
-- disk, hundreds of thousands of keys would be hashed that two indexes hold in the same order; and helpers take longer to
-- start than they save.
select
    set_config('random_page_cost', '1.1', true),
    set_config('max_parallel_workers_per_gather', '0', true)

-- name: along_days
-- For this transaction: the index by day says at once where no row has such a day, which is not expected of it where the
-- days of a table stand in no order, as a first night finds them. To be told in vain costs next to nothing.
select set_config('enable_seqscan', 'off', true)
