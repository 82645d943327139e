//! Services that come and go in the middle of everything.

use super::*;

impl Bench {
    /// Adds a service that needs one of those that stay, and conflicts with another that does not run.
    pub(super) fn add(&mut self, need: u8, rival: u8) {
        let stay: Vec<ServiceId> = self.ids().into_iter().filter(|id| self.fleet.stays(*id)).collect();
        let pick = |number: u8| stay.get(usize::from(number) % 16).copied();
        let id = ServiceId::new(self.count());
        let mut service = Service { name: format!("s{}", id.index()), ..service(Duration::from_secs(5)) };
        let needs = pick(need).map(|service| Dependency { service, condition: Condition::Ready });
        service.depends_on = needs.into_iter().collect();
        let rival = pick(rival).filter(|rival| {
            let (has_command, is_calm) = (self.services[rival.index()].command.is_some(), !self.fleet.contends(*rival));
            let is_needed = service.depends_on.iter().any(|need| {
                need.service == *rival || self.depends(need.service, *rival) || self.depends(*rival, need.service)
            });
            has_command && is_calm && !is_needed
        });
        let mut entries = Vec::new();
        if let Some(rival) = rival {
            service.conflicts = vec![rival];
            self.services[rival.index()].conflicts.push(id);
            entries.push((rival, Arc::new(self.services[rival.index()].clone())));
        }
        self.services.push(service.clone());
        self.world.push(World::default());
        entries.push((id, Arc::new(service)));
        self.fleet.renew(entries, self.now);
    }

    /// Whoever depends on what goes, goes too.
    pub(super) fn remove(&mut self, bits: u8) {
        let gone = self.set(bits);
        let all: Vec<ServiceId> = self.ids();
        let goes = |id: &ServiceId| gone.contains(id) || gone.iter().any(|gone| self.depends(*id, *gone));
        let all: Vec<ServiceId> = all.into_iter().filter(goes).collect();
        for &id in &all {
            let first = all.iter().filter(|other| self.depends(**other, id));
            let alive = first.filter_map(|other| Some((*other, self.world[other.index()].running.as_ref()?.run)));
            let before = alive.collect();
            self.order.insert(id, before);
            self.world[id.index()].wish = Some(Wanted::Down);
        }
        self.fleet.remove(&all, self.now);
    }
}
