-- One row per practice of `ladder`: what to do next, and why it stands where it stands, in plain sentences.
select
    practice_id,
    case hold
        when 'connect' then 'Connect the Xero HQ and Practice Manager accounts, or say that there is none.'
        when 'confirm' then 'Confirm which Practice Manager account belongs to the practice.'
        when 'tool' then 'Close the consolidation tool.'
        when 'policy' then 'Open the consolidation tool and choose which clients to keep.'
        when 'extract' then format('Mend and repeat the extract of {}.', list_names)
        when 'unconfirmed' then 'Press confirm in the consolidation tool.'
        when 'undecided' then 'Decide the clients that the selection leaves open: scr review lists them.'
        when 'refused' then format('Acknowledge {}, or choose another policy.', codes)
        when 'invalid' then 'Mend what the table validation_failure lists for the practice.'
        when 'questions' then 'Answer the blocking questions: scr review lists them.'
        when 'failed' then 'Mend the cause and run the practice again.'
        else 'Nothing to do.'
    end as next_action,
    case
        when hold = 'connect' then 'The Xero HQ and Practice Manager accounts are not connected.'
        when hold = 'confirm' and connection = 'existing'
            then 'An older connection of the accounts waits to be confirmed.'
        when hold = 'confirm'
            then format('The connection was confirmed by {}, who is not the Master Admin.', connected_by)
        when hold = 'tool' then 'Publication waits while the consolidation tool is open.'
        when hold = 'policy' and rejected_decisions = 0 then 'No policy has been chosen.'
        when hold = 'policy'
            then format('No policy that counts; decisions that do not count: {}.', rejected_decisions)
        when hold = 'extract' then format('Lists that were not taken: {}. {}.', untaken, list_reasons)
        when hold = 'unconfirmed' then format('The policy {} is chosen but not confirmed.', policy)
        when hold = 'undecided' then format('Clients that the selection leaves undecided: {}.', undecided)
        when hold = 'refused'
            then format('The policy {} is refused: {}.', policy, codes)
        when hold = 'invalid'
            then format('Validation failed in {} places, first: {}.', failures, rtrim(first_failure, '.'))
        when hold = 'questions' then format('Blocking questions are open: {}.', blocking_questions)
        when hold = 'failed' then format('The run failed on the practice: {}.', rtrim(failed_because, '.'))
        when outcome = 'unchanged' then 'Published before; nothing has changed since.'
        else 'Published.'
    end as why
from (select *, array_to_string(refused_by, ', ') as codes from ladder)
