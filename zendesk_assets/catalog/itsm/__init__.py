"""What internal service needs: equipment that employees have, approvals, issues of Jira."""
