"""What articles and posts have, and Zendesk lists for each of them alone: a request for each."""
