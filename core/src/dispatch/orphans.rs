//! Dispatches whose agent is gone. An open-source server does not dispatch them again.

use std::collections::BTreeSet;

/// A room as its server shows it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RoomView {
    /// Its name.
    pub room: String,
    /// Participants who are no agents.
    pub callers: usize,
    /// The names of the agents in it (`lk.agent.name`).
    pub agents: Vec<String>,
    /// What was dispatched to it: a dispatch's id and the name it asks for.
    pub dispatches: Vec<(String, String)>,
}

/// A dispatch that nobody serves.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Orphan {
    /// Where.
    pub room: String,
    /// Which.
    pub dispatch: String,
}

/// Looks for dispatches of one agent name whose agent is gone.
#[derive(Debug)]
pub struct Orphans {
    agent_name: String,
    /// Without an agent at the last look; it may have been on its way.
    suspects: BTreeSet<Orphan>,
}

impl Orphans {
    /// For the dispatches that ask for `agent_name`.
    pub fn new(agent_name: &str) -> Self {
        Self {
            agent_name: agent_name.to_owned(),
            suspects: BTreeSet::new(),
        }
    }

    /// Takes in how the rooms are; gives what had no agent this time and the last.
    pub fn look(&mut self, rooms: &[RoomView]) -> Vec<Orphan> {
        let seen: BTreeSet<_> = rooms.iter().flat_map(|room| self.in_room(room)).collect();
        let (known, new) = seen
            .into_iter()
            .partition(|orphan| self.suspects.contains(orphan));
        self.suspects = new;
        Vec::from_iter::<BTreeSet<_>>(known)
    }

    fn in_room(&self, room: &RoomView) -> Vec<Orphan> {
        if room.callers == 0 || room.agents.contains(&self.agent_name) {
            return Vec::new();
        }
        let ours = room
            .dispatches
            .iter()
            .filter(|(_, name)| *name == self.agent_name);
        let orphan = |(dispatch, _): &(String, String)| Orphan {
            room: room.room.clone(),
            dispatch: dispatch.clone(),
        };
        ours.map(orphan).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(callers: usize, agents: &[&str]) -> RoomView {
        let owned = |text: &&str| (*text).to_owned();
        RoomView {
            room: "kitchen".to_owned(),
            callers,
            agents: agents.iter().map(owned).collect(),
            dispatches: [("AD_1", "clerk"), ("AD_2", "cook")]
                .map(|(id, name)| (id.to_owned(), name.to_owned()))
                .to_vec(),
        }
    }

    fn found(looks: &[RoomView]) -> Vec<String> {
        let mut orphans = Orphans::new("clerk");
        let mut found = Vec::new();
        for look in looks {
            let orphaned = orphans.look(std::slice::from_ref(look));
            found.extend(orphaned.into_iter().map(|it| it.dispatch));
        }
        found
    }

    #[test]
    fn a_dispatch_without_its_agent_at_two_looks_is_one() {
        assert_eq!(found(&[room(1, &["cook"])]), [""; 0]);
        assert_eq!(found(&[room(1, &["cook"]), room(1, &[])]), ["AD_1"]);
    }

    #[test]
    fn one_whose_agent_was_on_its_way_or_is_there_is_none() {
        let there = || room(1, &["clerk"]);
        assert_eq!(found(&[room(1, &[]), there(), room(1, &[])]), [""; 0]);
        assert_eq!(found(&[there(), there()]), [""; 0]);
    }

    #[test]
    fn an_empty_room_needs_nobody() {
        assert_eq!(found(&[room(0, &[]), room(0, &[])]), [""; 0]);
    }

    #[test]
    fn what_was_taken_is_looked_at_anew() {
        let empty = || room(1, &[]);
        assert_eq!(found(&[empty(), empty(), empty()]), ["AD_1"]);
    }
}
