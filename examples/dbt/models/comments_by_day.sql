{{ config(materialized='incremental', unique_key='day') }}
-- Public comments of each day (UTC). An incremental run looks at the newest day and later: what a
-- backfill adds before that day, it sees with --full-refresh.
select
    cast(created_at at time zone 'UTC' as date) as day,
    count(*) as comments,
    count(distinct ticket_id) as tickets
from {{ source('zendesk_prod', 'ticket_events') }}
where event_type in ('Comment', 'VoiceComment') and public and not _deleted
{% if is_incremental() %}
    and cast(created_at at time zone 'UTC' as date)
        >= (select max(day) from {{ this }})
{% endif %}
group by 1
