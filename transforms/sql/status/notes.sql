-- One row per practice of `ladder`: what else its reason tells, one sentence a column, empty where not apt.
select
    practice_id,
    case when hold in ('', 'refused') then detail end as detail_note,
    case
        when tool_stale then format(
            'The tool is held by {} since {}, longer than {} hours: the hold is stale.',
            coalesce(tool_opened_by, 'somebody unnamed'), strftime(tool_opened_at, '%Y-%m-%d %H:%M'),
            $stale_hours
        )
        when tool_open then format(
            'The tool is held by {} since {}.',
            coalesce(tool_opened_by, 'somebody unnamed'), strftime(tool_opened_at, '%Y-%m-%d %H:%M')
        )
    end as tool_note,
    case when hold = '' then nullif(concat_ws(
        ' ',
        'Warnings: ' || nullif(array_to_string(list_filter(
            warnings, lambda code: not list_contains(acknowledged, code)
        ), ', '), '') || '.',
        'Acknowledged: ' || nullif(array_to_string(acknowledged, ', '), '') || '.'
    ), '') end as warning_note,
    case when hold = '' and questions > 0 then format('Questions that do not block: {}.', questions) end
        as question_note,
    case when hold <> 'failed' then format('The run also failed on it: {}.', rtrim(failed_because, '.')) end
        as failure_note,
    case when step = 'complete' and hold <> '' then 'The last publication stands.' end as stands_note,
    case when access_lost then 'The deadline has passed: access is lost until it is complete.' end
        as lost_note,
    case
        when failed_because is not null then null -- its staff list may not have been reached
        when authority_unchecked and (policy is not null or connection = 'confirmed')
            then 'There is no staff list, so who may decide was not checked.'
        when connector_unknown then 'Who confirmed the connection is not known, so it was not checked.'
    end as authority_note
from ladder
