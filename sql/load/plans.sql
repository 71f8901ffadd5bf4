-- name: along_indexes
-- For this transaction: somebody waits for few rows, found by indexes that a server in use has in memory. Priced as a
-- disk, hundreds of thousands of keys would be hashed that two indexes hold in the same order; and helpers take longer to
-- start than they save.
select
    set_config('random_page_cost', '1.1', true),
    set_config('max_parallel_workers_per_gather', '0', true)
