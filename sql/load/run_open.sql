insert into ops.runs (run_id, flow, airflow_run_id, parameters, data_from, data_to)
values (:run_id, :flow, :airflow_run_id, cast(:parameters as jsonb), :data_from, :data_to)
on conflict (flow, airflow_run_id) do update
set status = 'running', finished_at = null, parameters = excluded.parameters
returning run_id
