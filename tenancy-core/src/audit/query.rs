use time::OffsetDateTime;

use super::{AuditAction, AuditEvent, AuditParty, AuditResource, ChainedEvent};

/// Which events of a tenant to find, the oldest first unless [told otherwise](Self::newest_first).
///
/// ```
/// use tenancy_core::audit::{AuditAction, AuditQuery};
///
/// // Who looked at another user's data?
/// let query = AuditQuery::new().action(AuditAction::DATA_READ).by_others();
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditQuery {
    actor: Option<AuditParty>,
    resource: Option<AuditResource>,
    owner: Option<AuditParty>,
    action: Option<AuditAction>,
    since: Option<OffsetDateTime>,
    until: Option<OffsetDateTime>,
    by_others: bool,
    newest_first: bool,
    after: Option<u64>,
    limit: u32,
}

impl AuditQuery {
    /// The most events of one answer.
    pub const MAX_LIMIT: u32 = 1_000;

    /// Finds all, 100 at a time.
    #[expect(clippy::new_without_default, reason = "nothing that finds a tenant's data has one")]
    pub const fn new() -> Self {
        Self {
            actor: None,
            resource: None,
            owner: None,
            action: None,
            since: None,
            until: None,
            by_others: false,
            newest_first: false,
            after: None,
            limit: 100,
        }
    }

    /// Only what this one did.
    pub fn actor(mut self, actor: impl Into<AuditParty>) -> Self {
        self.actor = Some(actor.into());
        self
    }

    /// Only what was done to this.
    pub fn resource(mut self, resource: AuditResource) -> Self {
        self.resource = Some(resource);
        self
    }

    /// Only what was done to what is this one's.
    pub fn owner(mut self, owner: impl Into<AuditParty>) -> Self {
        self.owner = Some(owner.into());
        self
    }

    /// Only this action.
    pub fn action(mut self, action: AuditAction) -> Self {
        self.action = Some(action);
        self
    }

    /// Only from this time on.
    pub fn since(mut self, time: OffsetDateTime) -> Self {
        self.since = Some(time);
        self
    }

    /// Only before this time.
    pub fn until(mut self, time: OffsetDateTime) -> Self {
        self.until = Some(time);
        self
    }

    /// Only what somebody did to another's, see [`AuditEvent::is_by_others`].
    pub const fn by_others(mut self) -> Self {
        self.by_others = true;
        self
    }

    /// The newest first: for people, who look at what has just happened.
    ///
    /// ```
    /// use tenancy_core::audit::AuditQuery;
    ///
    /// let page = AuditQuery::new().newest_first().limit(20);
    /// // Its last entry has the number 481: what is older follows.
    /// let next = page.after(481);
    /// # assert!(next.is_newest_first());
    /// ```
    pub const fn newest_first(mut self) -> Self {
        self.newest_first = true;
        self
    }

    /// Begins behind the entry of this number: the last one of the page before.
    pub const fn after(mut self, sequence: u64) -> Self {
        self.after = Some(sequence);
        self
    }

    /// Finds at most so many at a time; 1 to [`MAX_LIMIT`](Self::MAX_LIMIT).
    pub fn limit(mut self, limit: u32) -> Self {
        self.limit = limit.clamp(1, Self::MAX_LIMIT);
        self
    }

    /// Tells whether an entry is one of those.
    pub fn matches(&self, entry: &ChainedEvent) -> bool {
        let event = entry.event();
        let same = |wanted: &Option<AuditParty>, found: Option<&AuditParty>| {
            wanted.as_ref().is_none_or(|wanted| found == Some(wanted))
        };
        self.is_behind_start(entry.sequence())
            && same(&self.actor, event.actor())
            && same(&self.owner, event.owner())
            && self.resource.as_ref().is_none_or(|wanted| event.resource() == Some(wanted))
            && self.action.as_ref().is_none_or(|wanted| event.action() == wanted)
            && self.is_in_time(event)
            && (!self.by_others || event.is_by_others())
    }

    fn is_behind_start(&self, sequence: u64) -> bool {
        let newest_first = self.newest_first;
        self.after
            .is_none_or(|after| if newest_first { sequence < after } else { sequence > after })
    }

    fn is_in_time(&self, event: &AuditEvent) -> bool {
        self.since.is_none_or(|since| event.at() >= since)
            && self.until.is_none_or(|until| event.at() < until)
    }

    /// Returns who must have done it.
    pub const fn wanted_actor(&self) -> Option<&AuditParty> {
        self.actor.as_ref()
    }

    /// Returns what it must have been done to.
    pub const fn wanted_resource(&self) -> Option<&AuditResource> {
        self.resource.as_ref()
    }

    /// Returns whose it must have been.
    pub const fn wanted_owner(&self) -> Option<&AuditParty> {
        self.owner.as_ref()
    }

    /// Returns what must have been done.
    pub const fn wanted_action(&self) -> Option<&AuditAction> {
        self.action.as_ref()
    }

    /// Returns the times it must lie between: from the first on, before the second.
    pub const fn wanted_times(&self) -> (Option<OffsetDateTime>, Option<OffsetDateTime>) {
        (self.since, self.until)
    }

    /// Tells whether only what was done to another's is wanted.
    pub const fn wants_by_others(&self) -> bool {
        self.by_others
    }

    /// Tells whether the newest come first.
    pub const fn is_newest_first(&self) -> bool {
        self.newest_first
    }

    /// Returns the number of the entry to begin behind, if any, and the most events to find.
    pub const fn page(&self) -> (Option<u64>, u32) {
        (self.after, self.limit)
    }
}
