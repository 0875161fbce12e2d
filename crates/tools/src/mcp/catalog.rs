//! The tools of all MCP servers, each name once.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::watch;

use super::server::Server;
use super::tool_list::{McpTool, truncated_name};

/// The tools of all MCP servers. If two servers offer the same name, the first one in `agent.toml`
/// owns it, even while it is unavailable. So a name always means the same tool.
#[derive(Debug)]
pub(super) struct Catalog {
    servers: Vec<Arc<Server>>,
    offers: Mutex<Offers>,
    tools: watch::Sender<Arc<[McpTool]>>,
}

/// The last tool list of each server with whether the server is available, and the name clashes.
#[derive(Debug)]
struct Offers {
    lists: Vec<(Vec<McpTool>, bool)>,
    clashes: Vec<String>,
}

impl Catalog {
    /// A catalog without tools.
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

    /// Subscribes to the current tools and their changes.
    pub(super) fn tools(&self) -> watch::Receiver<Arc<[McpTool]>> {
        self.tools.subscribe()
    }

    /// Sets the tool list of the server at index `at`, and marks it available.
    pub(super) fn publish(&self, at: usize, tools: Vec<McpTool>) {
        self.change(at, |list| *list = (tools, true));
    }

    /// Marks the server at index `at` unavailable, which withdraws its tools.
    pub(super) fn withdraw(&self, at: usize) {
        self.change(at, |(_, is_there)| *is_there = false);
    }

    /// The server that owns `name`, and the server's own name for the tool.
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
            tracing::warn!("an MCP tool is not offered: {clash}: set a prefix");
        }
        offers.clashes = clashes;
        // Sent under the lock, so that changes are sent in order.
        self.tools.send_if_modified(|before| {
            let is_news = **before != *tools;
            *before = tools.into();
            is_news
        });
    }
}

impl Offers {
    /// The tools on offer, and one line for each tool whose name is taken.
    fn merged(&self) -> (Vec<McpTool>, Vec<String>) {
        let mut owners: HashMap<&str, &McpTool> = HashMap::new();
        let (mut tools, mut clashes) = (Vec::new(), Vec::new());
        for (list, is_there) in &self.lists {
            for tool in list {
                match owners.entry(&tool.name) {
                    Entry::Occupied(first) => clashes.push(format!(
                        "{:?} of {} has the same name as {:?} of {}",
                        truncated_name(&tool.remote),
                        tool.server,
                        truncated_name(&first.get().remote),
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
            timeout: Duration::from_secs(20),
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
    fn a_name_belongs_to_the_first_server() {
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
            "it is unavailable, not removed"
        );
        catalog.publish(0, tools("a", &["search"]));
        assert_eq!(shown(&catalog), ["a.search", "b.find", "b.buy"]);
        assert!(catalog.find("sell").is_none());
    }

    #[test]
    fn only_changes_are_sent() {
        let catalog = catalog(&["a"]);
        let mut changes = catalog.tools();
        catalog.publish(0, tools("a", &["find"]));
        assert!(changes.has_changed().unwrap());
        changes.mark_unchanged();
        catalog.publish(0, tools("a", &["find"]));
        assert!(!changes.has_changed().unwrap());
    }
}
