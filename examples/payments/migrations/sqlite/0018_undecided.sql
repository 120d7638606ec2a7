-- What waits for people is found without looking at the rest.
CREATE INDEX payments_undecided ON payments (tenant_id, id) WHERE needs_decision_since IS NOT NULL;
CREATE INDEX inbound_events_dead ON inbound_events (tenant_id, id) WHERE state = 'dead';
