"""Whether the tenant and Doorman's own rights are in order: many small checks, each a rule over facts."""
