-- How many tickets each group has open now.
select
    coalesce(groups.name, 'no group') as group_name,
    count(*) as open_tickets,
    min(tickets.created_at) as oldest
from {{ source('zendesk_prod', 'tickets') }} as tickets
left join {{ source('zendesk_prod', 'groups') }} as groups on groups.id = tickets.group_id
where not tickets._deleted and tickets.status not in ('solved', 'closed')
group by 1
