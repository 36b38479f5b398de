-- one row per step and outcome of the fleet, in the order of the steps
select
    step,
    outcome,
    count(*) as practices,
    sum(hq_clients + xpm_clients + tax_clients)::bigint as clients,
    sum(questions)::bigint as questions,
    sum(expected_wrong_joins) as expected_wrong_joins,
    sum(expected_missed_joins) as expected_missed_joins,
    count(*) filter (where access_lost) as access_lost
from practice_status
group by step, outcome
order by
    list_position(
        ['connect_accounts', 'confirm_accounts', 'choose_clients', 'in_progress', 'complete'], step
    ),
    outcome
