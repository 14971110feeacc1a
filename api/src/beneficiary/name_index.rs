//! The names, phone numbers, ID numbers and hardships of a district's beneficiaries, current and
//! ended, in clear and in memory only, so that a search decrypts no row.
//!
//! The first search of a district decrypts its rows once; later ones read from the log which rows
//! have changed since, on any server. Nothing of it is stored, so the database reveals nothing
//! about a name: an index of encrypted parts of names would reveal their frequencies, and by them
//! the common ones. A server forgets the index of a district in which nobody searches.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use diesel::prelude::*;
use gridward_domain::area::{AreaCode, AreaRange};
use gridward_domain::code::{Hardship, Hardships};
use gridward_domain::id::BeneficiaryId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

use super::model::Particulars;
use super::search_term::{SearchTerm, plain};
use super::store::{self, BeneficiaryRow};
use crate::crypto::SealingKey;
use crate::db::schema::beneficiaries;
use crate::db::{Conn, DbError, batches, parsed};
use crate::log::head::Head;
use crate::log::{self, Subject};

/// The period without a search after which the index of a district is forgotten.
const IDLE: Duration = Duration::from_secs(30 * 60);
/// The number of events after which the index is built again instead of followed.
const FAR: i64 = 20_000;
/// The number of rows that are read at a time.
const AT_A_TIME: i64 = 5_000;

/// The searched content of one beneficiary; texts as [`plain`].
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    name: Box<str>,
    phone: Box<str>,
    id_number: Box<str>,
    hardships: Hardships,
}

impl From<Particulars> for Entry {
    fn from(opened: Particulars) -> Self {
        let text = |text: &str| plain(text).into_boxed_str();
        Self {
            name: text(&opened.name),
            phone: text(&opened.phone),
            id_number: text(&opened.id_number),
            hardships: opened.hardships,
        }
    }
}

/// The entries of a district as of an event of its log.
#[derive(Debug, Default)]
struct Entries {
    epoch: String,
    seq: i64,
    by_grid: BTreeMap<(AreaCode, BeneficiaryId), Entry>,
    grids: HashMap<BeneficiaryId, AreaCode>,
}

impl Entries {
    fn put(&mut self, id: BeneficiaryId, entry: Option<(AreaCode, Entry)>) {
        if let Some(grid) = self.grids.remove(&id) {
            self.by_grid.remove(&(grid, id));
        }
        if let Some((grid, entry)) = entry {
            self.grids.insert(id, grid);
            self.by_grid.insert((grid, id), entry);
        }
    }

    /// The entries as of `head`.
    fn apply(&mut self, change: EntriesChange, head: &Head) {
        match change {
            EntriesChange::All(entries) => *self = entries,
            EntriesChange::Some(rows) => {
                for (id, entry) in rows {
                    self.put(id, entry);
                }
            }
        }
        head.epoch.clone_into(&mut self.epoch);
        self.seq = head.seq;
    }

    /// The beneficiaries of the range that a search finds, by grid and id.
    fn matches(&self, scope: &AreaRange, wanted: &Wanted) -> Vec<BeneficiaryId> {
        let from = (scope.area(), BeneficiaryId(Uuid::nil()));
        let area = scope.area();
        let inside = self.by_grid.range(from..).take_while(|((grid, _), _)| area.contains(grid));
        let found = inside.filter(|(_, entry)| wanted.finds(entry));
        found.map(|((_, id), _)| *id).collect()
    }
}

/// What is searched; a beneficiary has all of it.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// A name or number.
    pub term: Option<SearchTerm>,
    /// A hardship.
    pub hardship: Option<Hardship>,
}

impl Wanted {
    fn finds(&self, entry: &Entry) -> bool {
        let Entry { name, phone, id_number, hardships } = entry;
        self.hardship.as_ref().is_none_or(|one| hardships.contains(one))
            && self.term.as_ref().is_none_or(|term| term.finds(name, phone, id_number))
    }
}

/// The index of a district, and when it was last searched.
struct DistrictIndex {
    entries: RwLock<Entries>,
    /// Held by the search that reads what has changed; the searches that know it do not wait.
    following: Mutex<()>,
    searched: Mutex<Instant>,
}

impl DistrictIndex {
    fn new() -> Self {
        let entries = RwLock::new(Entries::default());
        Self { entries, following: Mutex::new(()), searched: Mutex::new(Instant::now()) }
    }

    fn touch(&self) {
        *self.searched.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn search(
        &self,
        conn: &mut Conn,
        key: &SealingKey,
        scope: &AreaRange,
        wanted: &Wanted,
    ) -> Result<Vec<BeneficiaryId>, DbError> {
        self.touch();
        let district = scope.area().district();
        let head = log::head::read(conn, district)?;
        if let Some(found) = self.known(&head, scope, wanted) {
            return Ok(found);
        }
        let _following = self.following.lock().unwrap_or_else(PoisonError::into_inner);
        // Another search may have read it meanwhile.
        if let Some(found) = self.known(&head, scope, wanted) {
            return Ok(found);
        }
        let (epoch, seq) = {
            let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
            (entries.epoch.clone(), entries.seq)
        };
        let change = change_since(conn, key, district, &head, (&epoch, seq))?;
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        entries.apply(change, &head);
        Ok(entries.matches(scope, wanted))
    }

    /// What the search finds, if the entries are as of `head` or later.
    fn known(&self, head: &Head, scope: &AreaRange, wanted: &Wanted) -> Option<Vec<BeneficiaryId>> {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        let is_current = entries.epoch == head.epoch && entries.seq >= head.seq;
        is_current.then(|| entries.matches(scope, wanted))
    }
}

/// The index of a district, with the permit to use a connection.
pub struct Searcher {
    index: Arc<DistrictIndex>,
    /// Held until the search has ended, even if its request has been dropped.
    _permit: Option<OwnedSemaphorePermit>,
}

impl Searcher {
    /// The beneficiaries of the range that a search finds, current and ended, by grid and id.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn search(
        &self,
        conn: &mut Conn,
        key: &SealingKey,
        scope: &AreaRange,
        wanted: &Wanted,
    ) -> Result<Vec<BeneficiaryId>, DbError> {
        self.index.search(conn, key, scope, wanted)
    }
}

/// The indexes of this server.
#[derive(Clone)]
pub struct NameIndex {
    districts: Arc<Mutex<HashMap<AreaCode, Arc<DistrictIndex>>>>,
    searches: Arc<Semaphore>,
}

impl NameIndex {
    /// For a server with this number of connections for reading: searches use up to half of them,
    /// so that other requests are answered while a district is decrypted.
    pub fn new(readers: usize) -> Self {
        let searches = Arc::new(Semaphore::new(readers.div_ceil(2)));
        Self { districts: Arc::default(), searches }
    }

    /// Waits until a search of the district may use a connection.
    pub async fn searcher(&self, district: AreaCode) -> Searcher {
        let (index, is_new) = self.district(district);
        // Before the wait, in which the request may be dropped.
        if is_new {
            actix_web::rt::spawn(self.clone().forget_when_idle(district));
        }
        // The semaphore is never closed.
        let permit = Arc::clone(&self.searches).acquire_owned().await.ok();
        Searcher { index, _permit: permit }
    }

    /// The index of the district, and whether it is new.
    fn district(&self, district: AreaCode) -> (Arc<DistrictIndex>, bool) {
        let mut all = self.districts.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = !all.contains_key(&district);
        let index = all.entry(district).or_insert_with(|| Arc::new(DistrictIndex::new()));
        index.touch();
        (Arc::clone(index), is_new)
    }

    /// Forgets the index of the district when nobody has searched in it for half an hour.
    async fn forget_when_idle(self, district: AreaCode) {
        while !self.forget_if_idle(district, IDLE) {
            tokio::time::sleep(IDLE / 6).await;
        }
    }

    /// Forgets the index if it was not searched for the period; returns whether there is none.
    fn forget_if_idle(&self, district: AreaCode, period: Duration) -> bool {
        let mut all = self.districts.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(index) = all.get(&district) else { return true };
        let searched = *index.searched.lock().unwrap_or_else(PoisonError::into_inner);
        let is_idle = searched.elapsed() >= period;
        if is_idle {
            all.remove(&district);
        }
        is_idle
    }
}

/// A change of the entries.
enum EntriesChange {
    /// All of them are read anew.
    All(Entries),
    /// These beneficiaries have changed; `None` is one that was deleted.
    Some(Vec<(BeneficiaryId, Option<(AreaCode, Entry)>)>),
}

/// What has changed up to `head` since an event of the log, named by its epoch and number: the rows
/// that the log names, or everything. The head was read before the rows, so a row that has changed
/// meanwhile is read again by the next search.
fn change_since(
    conn: &mut Conn,
    key: &SealingKey,
    district: AreaCode,
    head: &Head,
    (epoch, seq): (&str, i64),
) -> Result<EntriesChange, DbError> {
    let is_near =
        epoch == head.epoch && (head.archived_seq.max(head.seq - FAR)..=head.seq).contains(&seq);
    if !is_near {
        return Ok(EntriesChange::All(read_all(conn, key, district)?));
    }
    let subjects = [Subject::Beneficiary, Subject::District];
    let changed = log::store::changed_subjects(conn, district, (seq, head.seq), &subjects)?;
    if changed.iter().any(|(subject, _)| *subject == Subject::District) {
        return Ok(EntriesChange::All(read_all(conn, key, district)?));
    }
    let ids = changed.iter().map(|(_, id)| parsed("events", id));
    let mut ids = ids.collect::<Result<Vec<BeneficiaryId>, DbError>>()?;
    ids.sort_unstable();
    ids.dedup();
    let mut rows = Vec::with_capacity(ids.len());
    for ids in batches(&ids) {
        rows.extend(ids.iter().map(|id| (*id, None)));
        for row in store::rows(conn, district, ids)? {
            rows.push((row.id, Some(entry(key, &row)?)));
        }
    }
    Ok(EntriesChange::Some(rows))
}

/// The entry of a row.
fn entry(key: &SealingKey, row: &BeneficiaryRow) -> Result<(AreaCode, Entry), DbError> {
    Ok((row.grid, row.particulars(key)?.into()))
}

fn read_all(conn: &mut Conn, key: &SealingKey, district: AreaCode) -> Result<Entries, DbError> {
    let mut entries = Entries::default();
    let mut after: Option<BeneficiaryId> = None;
    loop {
        let mut query = beneficiaries::table
            .filter(beneficiaries::district.eq(district))
            .order(beneficiaries::id)
            .limit(AT_A_TIME)
            .select(BeneficiaryRow::as_select())
            .into_boxed();
        if let Some(id) = after {
            query = query.filter(beneficiaries::id.gt(id));
        }
        let rows = query.load(conn)?;
        after = rows.last().map(|row| row.id);
        for row in &rows {
            entries.put(row.id, Some(entry(key, row)?));
        }
        if after.is_none() {
            return Ok(entries);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u128) -> BeneficiaryId {
        BeneficiaryId(Uuid::from_u128(n))
    }

    fn entry(name: &str, hardships: &[&str]) -> Entry {
        Entry {
            name: name.into(),
            phone: "10012345678".into(),
            id_number: "999999198108240175".into(),
            hardships: hardships.iter().map(|one| one.parse().expect("a code")).collect(),
        }
    }

    fn area(code: &str) -> AreaCode {
        code.parse().expect("a code")
    }

    fn entries() -> Entries {
        let mut entries = Entries::default();
        for (n, grid, name) in [
            (1, "500116001002002", "王小明"),
            (2, "500116001002001", "李小明"),
            (3, "500116002001001", "王明"),
        ] {
            entries.put(id(n), Some((area(grid), entry(name, &["medical"]))));
        }
        entries.put(id(4), Some((area("500116001002001"), entry("陈明", &[]))));
        entries
    }

    fn search(entries: &Entries, scope: &str, term: &str) -> Vec<BeneficiaryId> {
        let term = SearchTerm::parse(term).ok();
        entries.matches(&area(scope).range(), &Wanted { term, hardship: None })
    }

    #[test]
    fn a_search_finds_part_of_a_name_within_the_area_in_the_order_of_the_grids() {
        let entries = entries();
        assert_eq!(search(&entries, "500116", "明"), [id(2), id(4), id(1), id(3)]);
        assert_eq!(search(&entries, "500116001", "小明"), [id(2), id(1)]);
        assert_eq!(search(&entries, "500116001002001", "王"), []);
        assert_eq!(search(&entries, "500117", "明"), []);
    }

    #[test]
    fn a_hardship_restricts_a_search() {
        let hardship = "medical".parse().ok();
        let wanted = Wanted { term: SearchTerm::parse("明").ok(), hardship };
        assert_eq!(entries().matches(&area("500116001").range(), &wanted), [id(2), id(1)]);
    }

    #[test]
    fn an_entry_that_moves_or_is_deleted_leaves_its_place() {
        let mut entries = entries();
        entries.put(id(1), Some((area("500116002001001"), entry("王小亮", &[]))));
        assert_eq!(search(&entries, "500116", "小明"), [id(2)]);
        assert_eq!(search(&entries, "500116002", "王"), [id(1), id(3)]);
        entries.put(id(3), None);
        assert_eq!(search(&entries, "500116002", "王"), [id(1)]);
        assert_eq!(entries.by_grid.len(), entries.grids.len());
    }

    #[test]
    fn an_index_is_forgotten_when_it_is_idle() {
        let (index, here) = (NameIndex::new(1), area("500116"));
        assert!(index.district(here).1 && !index.district(here).1);
        assert!(!index.forget_if_idle(here, IDLE));
        assert!(index.forget_if_idle(here, Duration::ZERO));
        assert!(index.forget_if_idle(here, IDLE), "there is none");
        assert!(index.district(here).1, "the next search builds it again");
    }
}
