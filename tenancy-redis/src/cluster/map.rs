//! Which server has which slot, as far as this node knows.

use std::collections::HashMap;
use std::sync::Arc;

use super::view::View;
use crate::RedisOptions;
use crate::node::Node;
use crate::slot::Slot;
use crate::transport::Endpoint;

/// The owners of all slots. It is replaced as a whole.
#[derive(Clone, Default)]
pub(super) struct Map {
    /// By slot: the place of the owner in `nodes`, and the epoch in which it was seen to own it.
    owners: Vec<Option<Owner>>,
    nodes: Vec<Arc<Node>>,
    /// Where servers are that can be asked, replicas too.
    pub(super) addresses: Vec<String>,
}

#[derive(Debug, Clone, Copy)]
struct Owner {
    node: usize,
    epoch: u64,
}

impl Map {
    pub(super) fn owner(&self, slot: Slot) -> Option<&Arc<Node>> {
        let owner = self.owners.get(slot.index()).copied().flatten()?;
        self.nodes.get(owner.node)
    }

    /// The servers that own slots, or did, or are about to.
    pub(super) fn nodes(&self) -> &[Arc<Node>] {
        &self.nodes
    }

    /// Tells whether every slot has an owner, and none is known to be away.
    pub(super) fn is_well(&self) -> bool {
        self.owners.len() == Slot::COUNT
            && self.owners.iter().all(Option::is_some)
            && !self.owners().any(|node| node.is_down())
    }

    /// Returns the map after a view of the server at an endpoint.
    ///
    /// Of two that claim a slot the one of the higher epoch is right: a server that was away may
    /// tell what was. Only when nobody knows the owner any more, the cluster is another one.
    pub(super) fn after(&self, view: &View, told_by: &Endpoint, options: &RedisOptions) -> Self {
        let mut known: HashMap<_, _> =
            self.nodes.iter().map(|node| (node.endpoint().address(), node.clone())).collect();
        let address_of = |address: &str| Some(told_by.at(address)?.address());
        let listed: Vec<_> = view.addresses.iter().filter_map(|at| address_of(at)).collect();
        // Who owns nothing may be about to; who is not listed is gone.
        let stay = |node: &&Arc<Node>| listed.contains(&node.endpoint().address());
        let nodes = self.nodes.iter().filter(stay).cloned().collect();
        let mut next = Self { owners: vec![None; Slot::COUNT], nodes, addresses: listed };
        for primary in &view.primaries {
            let Some(endpoint) = told_by.at(&primary.address) else { continue };
            let node = known
                .entry(endpoint.address())
                .or_insert_with(|| Node::new(endpoint, options.clone()))
                .clone();
            let place = next.place(node);
            for (first, last) in &primary.ranges {
                let owner = Owner { node: place, epoch: primary.epoch };
                next.owners[first.index()..=last.index()].fill(Some(owner));
            }
        }
        for slot in (0..Slot::COUNT).filter_map(Slot::at) {
            self.keep_newer(&mut next, slot);
        }
        next
    }

    fn keep_newer(&self, next: &mut Self, slot: Slot) {
        let Some(owner) = self.owners.get(slot.index()).copied().flatten() else { return };
        let Some(node) = self.nodes.get(owner.node) else { return };
        let told = next.owners[slot.index()].map_or(0, |told| told.epoch);
        if owner.epoch > told && next.addresses.contains(&node.endpoint().address()) {
            let place = next.place(node.clone());
            next.owners[slot.index()] = Some(Owner { node: place, ..owner });
        }
    }

    /// Returns the map after a server said that another one has a slot now.
    pub(super) fn with_owner(&self, slot: Slot, node: Arc<Node>) -> Self {
        let mut next = self.clone();
        let place = next.place(node);
        next.owners.resize(Slot::COUNT, None);
        let owner = &mut next.owners[slot.index()];
        *owner = Some(Owner { node: place, epoch: owner.map_or(0, |owner| owner.epoch) });
        next
    }

    /// Returns the map with one more server, to which slots are on their way.
    pub(super) fn with_node(&self, node: Arc<Node>) -> Self {
        let mut next = self.clone();
        next.place(node);
        next
    }

    fn place(&mut self, node: Arc<Node>) -> usize {
        let found = self.nodes.iter().position(|other| Arc::ptr_eq(other, &node));
        found.unwrap_or_else(|| {
            self.nodes.push(node);
            self.nodes.len() - 1
        })
    }

    /// The servers that own something.
    fn owners(&self) -> impl Iterator<Item = &Arc<Node>> {
        let mut places: Vec<_> = self.owners.iter().flatten().map(|owner| owner.node).collect();
        places.sort_unstable();
        places.dedup();
        places.into_iter().filter_map(|place| self.nodes.get(place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(text: &str) -> View {
        View::parse(text)
    }

    fn seed() -> Endpoint {
        Endpoint::parse("redis://10.0.0.1:7000").expect("a URL")
    }

    fn owner(map: &Map, slot: usize) -> String {
        let owner = map.owner(Slot::at(slot).expect("a slot"));
        owner.map(|node| node.endpoint().address()).unwrap_or_default()
    }

    fn after(map: &Map, text: &str) -> Map {
        map.after(&view(text), &seed(), &RedisOptions::new())
    }

    const TWO: &str = "\
        a :7000@1 myself,master - 0 0 1 connected 0-8191\n\
        b 10.0.0.2:7000@1 master - 0 0 2 connected 8192-16383\n\
        c 10.0.0.3:7000@1 slave b 0 0 2 connected\n";
    const FAILED_OVER: &str = "\
        a :7000@1 myself,master - 0 0 1 connected 0-8191\n\
        b 10.0.0.2:7000@1 master - 0 0 2 connected\n\
        c 10.0.0.3:7000@1 master - 0 0 3 connected 8192-16383\n";

    #[test]
    fn a_server_that_was_away_tells_what_was() {
        let map = after(&Map::default(), TWO);
        assert_eq!((owner(&map, 0), owner(&map, 9_000)), tell("10.0.0.1:7000", "10.0.0.2:7000"));
        let b = map.nodes()[1].clone();
        let map = after(&map, FAILED_OVER);
        assert_eq!(owner(&map, 9_000), "10.0.0.3:7000");
        let map = after(&map, TWO);
        assert_eq!(owner(&map, 9_000), "10.0.0.3:7000", "an older view changes nothing");
        let failed = FAILED_OVER.replace("master - 0 0 2", "master,fail - 0 0 2");
        let map = after(&map, &failed);
        assert!(!map.nodes().iter().any(|node| Arc::ptr_eq(node, &b)), "who is gone is let go");
    }

    #[test]
    fn a_cluster_that_was_made_anew_is_believed() {
        let map = after(&after(&Map::default(), TWO), FAILED_OVER);
        let anew = "d 10.0.0.4:7000@1 myself,master - 0 0 1 connected 0-16383\n";
        let map = after(&map, anew);
        assert_eq!((owner(&map, 0), owner(&map, 9_000)), tell("10.0.0.4:7000", "10.0.0.4:7000"));
    }

    #[test]
    fn a_slot_that_moved_is_followed_and_connections_stay() {
        let map = after(&Map::default(), TWO);
        assert!(map.is_well());
        let (a, slot) = (map.nodes()[0].clone(), Slot::at(9_000).expect("a slot"));
        let moved = map.with_owner(slot, a.clone());
        assert_eq!(owner(&moved, 9_000), "10.0.0.1:7000");
        assert_eq!(owner(&moved, 9_001), "10.0.0.2:7000");
        let again = after(&moved, TWO);
        assert!(Arc::ptr_eq(&again.nodes()[0], &a));
        assert!(!Map::default().is_well());
        assert!(!after(&map, "a :7000@1 master - 0 0 9 connected 0-8191\n").is_well());
    }

    fn tell(first: &str, second: &str) -> (String, String) {
        (first.to_owned(), second.to_owned())
    }
}
