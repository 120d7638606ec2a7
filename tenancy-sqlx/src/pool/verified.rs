use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{Mutex as Turns, MutexGuard as Turn, OnceCell};

use super::Room;

/// What was found to guard its tables at a server, and when: in microseconds of the program's clock.
#[derive(Default)]
pub(crate) struct Verified {
    /// The way to it, for all of its rooms.
    pub(crate) route: OnceCell<()>,
    rooms: Mutex<HashMap<Room, i64>>,
    /// Whoever comes while nothing is known waits for the one that asks.
    turns: Turns<()>,
}

/// Whether a room may be used.
pub(crate) enum Guard<'a> {
    /// It was looked at not long ago.
    Sound,
    /// It has not been looked at, or was found wanting.
    Unknown,
    /// It was sound, long ago. This caller looks again while others go on.
    Due(Claim<'a>),
}

/// The turn to look again at a room. Dropped without an answer, somebody else does.
pub(crate) struct Claim<'a> {
    verified: &'a Verified,
    room: Room,
    /// When it was sound.
    before: Option<i64>,
}

impl Verified {
    /// `every` is how long one look is good for.
    pub(crate) fn guard(&self, room: Room, now: i64, every: i64) -> Guard<'_> {
        let mut rooms = self.rooms();
        match rooms.get_mut(&room) {
            None => Guard::Unknown,
            Some(at) if now < at.saturating_add(every) => Guard::Sound,
            Some(at) => {
                let before = Some(std::mem::replace(at, now));
                Guard::Due(Claim { verified: self, room, before })
            }
        }
    }

    /// Waits for whoever looks for the first time.
    pub(crate) async fn turn(&self) -> Turn<'_, ()> {
        self.turns.lock().await
    }

    pub(crate) fn add(&self, room: Room, now: i64) {
        self.rooms().insert(room, now);
    }

    fn rooms(&self) -> MutexGuard<'_, HashMap<Room, i64>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Claim<'_> {
    pub(crate) fn sound(mut self) {
        self.before = None;
    }

    /// Nobody uses the room before it was looked at again.
    pub(crate) fn unsound(mut self) {
        self.before = None;
        self.verified.rooms().remove(&self.room);
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        if let Some(before) = self.before
            && let Some(at) = self.verified.rooms().get_mut(&self.room)
        {
            *at = before;
        }
    }
}

#[cfg(test)]
mod tests {
    use tenancy_core::TenantId;

    use super::*;

    #[test]
    fn one_looks_again_and_others_go_on() {
        let verified = Verified::default();
        let (a, b) = (Room::Schema(TenantId::generate()), Room::Schema(TenantId::generate()));
        assert!(matches!(verified.guard(a, 0, 100), Guard::Unknown));
        verified.add(a, 0);
        assert!(matches!(verified.guard(a, 99, 100), Guard::Sound));
        assert!(matches!(verified.guard(b, 99, 100), Guard::Unknown));
        let Guard::Due(claim) = verified.guard(a, 100, 100) else { panic!("it is time") };
        assert!(matches!(verified.guard(a, 100, 100), Guard::Sound), "one looks");
        drop(claim);
        let Guard::Due(claim) = verified.guard(a, 101, 100) else { panic!("nobody has looked") };
        claim.sound();
        assert!(matches!(verified.guard(a, 200, 100), Guard::Sound));
        let Guard::Due(claim) = verified.guard(a, 201, 100) else { panic!("it is time") };
        claim.unsound();
        assert!(matches!(verified.guard(a, 201, 100), Guard::Unknown));
    }
}
