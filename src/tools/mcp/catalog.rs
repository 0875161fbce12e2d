//! What all servers together offer, each name once.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::watch;

use super::server::Server;
use super::tool_list::{McpTool, profile};

/// What all servers together offer. Of two with one name, the server that is written first has it,
/// also while it is away: a name never means now this and now that.
#[derive(Debug)]
pub(super) struct Catalog {
    servers: Vec<Arc<Server>>,
    offers: Mutex<Offers>,
    tools: watch::Sender<Arc<[McpTool]>>,
}

/// For each server its last list, and whether it is there.
#[derive(Debug)]
struct Offers {
    lists: Vec<(Vec<McpTool>, bool)>,
    clashes: Vec<String>,
}

impl Catalog {
    /// One on which nothing is offered yet.
    pub(super) fn new(servers: Vec<Arc<Server>>) -> Self {
        let lists = servers.iter().map(|_| (Vec::new(), false)).collect();
        let clashes = Vec::new();
        Self {
            servers,
            offers: Mutex::new(Offers { lists, clashes }),
            tools: watch::Sender::new(Arc::new([])),
        }
    }

    pub(super) fn servers(&self) -> &[Arc<Server>] {
        &self.servers
    }

    /// What is offered at each moment.
    pub(super) fn tools(&self) -> watch::Receiver<Arc<[McpTool]>> {
        self.tools.subscribe()
    }

    /// The list of the server at `at`, from now on.
    pub(super) fn publish(&self, at: usize, tools: Vec<McpTool>) {
        self.change(at, |list| *list = (tools, true));
    }

    /// The server at `at` is away.
    pub(super) fn withdraw(&self, at: usize) {
        self.change(at, |(_, is_there)| *is_there = false);
    }

    /// Who has the name, and what that server calls it.
    pub(super) fn find(&self, name: &str) -> Option<(Arc<Server>, String)> {
        let offers = self.offers.lock();
        let mut lists = self.servers.iter().zip(&offers.lists);
        lists.find_map(|(server, (list, _))| {
            let tool = list.iter().find(|tool| tool.name == name)?;
            Some((server.clone(), tool.remote.clone()))
        })
    }

    fn change(&self, at: usize, change: impl FnOnce(&mut (Vec<McpTool>, bool))) {
        let mut offers = self.offers.lock();
        if let Some(list) = offers.lists.get_mut(at) {
            change(list);
        }
        let (tools, clashes) = offers.merged();
        for clash in clashes.iter().filter(|it| !offers.clashes.contains(it)) {
            tracing::warn!("an MCP tool is left out: {clash}: set a prefix");
        }
        offers.clashes = clashes;
        // Under the lock, so that the last change is the last that is told.
        self.tools.send_if_modified(|before| {
            let is_news = **before != *tools;
            *before = tools.into();
            is_news
        });
    }
}

impl Offers {
    /// What is offered, and one line for each tool whose name is taken.
    fn merged(&self) -> (Vec<McpTool>, Vec<String>) {
        let mut owners: HashMap<&str, &McpTool> = HashMap::new();
        let (mut tools, mut clashes) = (Vec::new(), Vec::new());
        for (list, is_there) in &self.lists {
            for tool in list {
                match owners.entry(&tool.name) {
                    Entry::Occupied(first) => clashes.push(format!(
                        "{:?} of {} has the name of {:?} of {}",
                        profile(&tool.remote),
                        tool.server,
                        profile(&first.get().remote),
                        first.get().server
                    )),
                    Entry::Vacant(free) => {
                        free.insert(tool);
                        tools.extend(is_there.then(|| tool.clone()));
                    }
                }
            }
        }
        (tools, clashes)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::Map;

    use super::*;

    fn catalog(names: &[&str]) -> Catalog {
        let servers = names
            .iter()
            .map(|name| Server::new(name, false, Duration::MAX));
        Catalog::new(servers.map(Arc::new).collect())
    }

    fn tools(server: &str, names: &[&str]) -> Vec<McpTool> {
        let tool = |name: &&str| McpTool {
            within: Duration::from_secs(20),
            name: (*name).to_owned(),
            description: String::new(),
            input_schema: Map::new(),
            read_only: None,
            idempotent: None,
            server: server.into(),
            remote: format!("{server}.{name}"),
        };
        names.iter().map(tool).collect()
    }

    fn shown(catalog: &Catalog) -> Vec<String> {
        let tools = catalog.tools();
        let tools = tools.borrow();
        tools.iter().map(|tool| tool.remote.clone()).collect()
    }

    #[test]
    fn a_name_belongs_to_the_server_that_is_written_first() {
        let catalog = catalog(&["a", "b"]);
        catalog.publish(1, tools("b", &["find", "buy"]));
        assert_eq!(shown(&catalog), ["b.find", "b.buy"]);
        catalog.publish(0, tools("a", &["find"]));
        assert_eq!(shown(&catalog), ["a.find", "b.buy"]);
        assert_eq!(catalog.find("find").unwrap().1, "a.find");
        catalog.withdraw(0);
        assert_eq!(shown(&catalog), ["b.buy"]);
        assert_eq!(
            catalog.find("find").unwrap().1,
            "a.find",
            "it is away, not gone"
        );
        catalog.publish(0, tools("a", &["search"]));
        assert_eq!(shown(&catalog), ["a.search", "b.find", "b.buy"]);
        assert!(catalog.find("sell").is_none());
    }

    #[test]
    fn only_news_is_told() {
        let catalog = catalog(&["a"]);
        let mut told = catalog.tools();
        catalog.publish(0, tools("a", &["find"]));
        assert!(told.has_changed().unwrap());
        told.mark_unchanged();
        catalog.publish(0, tools("a", &["find"]));
        assert!(!told.has_changed().unwrap());
    }
}
