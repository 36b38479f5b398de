-- One row per practice of `ladder`: what to do next and why it stands where it stands, in plain sentences.
with worded as (
    select
        practice_id,
        case hold
            when 'connect' then 'Connect the Xero HQ and Practice Manager accounts, or say that there is none.'
            when 'confirm' then 'Confirm which Practice Manager account belongs to the practice.'
            when 'tool' then 'Close the consolidation tool.'
            when 'policy' then 'Open the consolidation tool and choose which clients to keep.'
            when 'extract' then 'Mend and repeat the extract of ' || list_names || '.'
            when 'unconfirmed' then 'Press confirm in the consolidation tool.'
            when 'undecided' then 'Decide the clients that the selection leaves open.'
            when 'refused' then 'Acknowledge ' || array_to_string(refused_by, ', ') || ', or choose another policy.'
            when 'invalid' then 'Mend what the table validation_failure lists for the practice.'
            when 'questions' then 'Answer the blocking questions: review_item lists them.'
            when 'failed' then 'Mend the cause and run the practice again.'
            else 'Nothing to do.'
        end as next_action,
        case hold
            when 'connect' then 'The Xero HQ and Practice Manager accounts are not connected.'
            when 'confirm' then case
                when connection = 'existing' then 'An older connection of the accounts waits to be confirmed.'
                else 'The connection was confirmed by ' || connected_by || ', who is not the Master Admin.'
            end
            when 'tool' then 'Publication waits while the consolidation tool is open.'
            when 'policy' then case
                when rejected_decisions = 0 then 'No policy has been chosen.'
                else 'No policy has been chosen by someone who may; decisions that do not count: '
                    || rejected_decisions || '.'
            end
            when 'extract' then 'Lists that were not taken: ' || untaken || '. ' || list_reasons || '.'
            when 'unconfirmed' then 'The policy ' || policy || ' is chosen but not confirmed.'
            when 'undecided' then 'Clients that the selection leaves undecided: ' || undecided || '.'
            when 'refused' then 'The policy ' || policy || ' is refused: ' || array_to_string(refused_by, ', ') || '.'
            when 'invalid' then 'Validation failed in ' || failures || ' places, first: ' || rtrim(first_failure, '.') || '.'
            when 'questions' then 'Blocking questions are open: ' || blocking_questions || '.'
            when 'failed' then 'The run failed on the practice: ' || rtrim(failed_because, '.') || '.'
            else case outcome when 'unchanged' then 'Published before; nothing has changed since.' else 'Published.' end
        end as why,
        case when tool_open then 'The tool is held by ' || coalesce(tool_opened_by, 'somebody unnamed') || ' since '
            || strftime(tool_opened_at, '%Y-%m-%d %H:%M')
            || case when tool_stale then ', longer than ' || $stale_hours || ' hours: the hold is stale.' else '.' end
        end as tool_note,
        case when hold in ('', 'refused') then detail end as detail_note,
        case when hold = '' and len(warnings) > 0 then 'Warnings: ' || array_to_string(warnings, ', ') || '.' end
            as warning_note,
        case when hold = '' and questions > 0 then 'Questions that do not block: ' || questions || '.' end
            as question_note,
        case when hold not in ('', 'failed') then 'The run also failed on it: ' || rtrim(failed_because, '.') || '.' end
            as failure_note,
        case when authority_unchecked and (policy is not null or connection = 'confirmed') then 'There is no staff list, so who may decide was not checked.' end
            as authority_note,
        case when connector_unknown and not authority_unchecked then 'Who confirmed the connection is not known, so it was not checked.' end
            as connector_note,
        case when step = 'complete' and hold <> '' then 'The last publication stands.' end as stands_note,
        case when access_lost then 'The deadline has passed: access is lost until it is complete.' end as lost_note
    from ladder
)

select
    practice_id,
    next_action,
    concat_ws(
        ' ', why, detail_note, tool_note, warning_note, question_note, failure_note, stands_note, lost_note,
        authority_note, connector_note
    ) as reason
from worded
