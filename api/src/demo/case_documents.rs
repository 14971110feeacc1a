//! The documents of the demo's cases: a page each that says what it would be, and nothing real.

use chrono::{DateTime, Utc};
use gridward_domain::code::WordCode;
use gridward_domain::id::PersonId;

use super::draw::Draw;
use super::identity;
use crate::attachment::model::MediaType;
use crate::attachment::store::AttachmentRow;
use crate::case::row::CaseRow;
use crate::case::{CaseDocumentWord, CaseKind};
use crate::db::column::Hash;

/// A document with its bytes.
#[derive(Clone, Debug)]
pub struct CaseDocument {
    /// The row.
    pub row: AttachmentRow,
    /// The file.
    pub bytes: Vec<u8>,
}

/// A move of a case from a step.
pub(super) struct Left<'a> {
    /// The documents of the step.
    pub(super) documents: &'a [CaseDocumentWord],
    /// Who has moved the case.
    pub(super) person: PersonId,
    /// When.
    pub(super) at: DateTime<Utc>,
}

/// The documents that the case has needed to leave these steps.
pub(super) fn of(
    kind: &CaseKind,
    case: &CaseRow,
    left: &[Left<'_>],
    draw: &mut Draw,
) -> Vec<CaseDocument> {
    let mut stored: Vec<&WordCode> = Vec::new();
    let mut documents = Vec::new();
    for Left { documents: words, person, at } in left {
        for word in words.iter().filter(|word| word.required) {
            if stored.contains(&&word.code) {
                continue;
            }
            stored.push(&word.code);
            let bytes =
                page(&format!("Demo: {}, {}", kind.name_en.as_str(), word.name_en.as_str()));
            let length = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
            let row = AttachmentRow {
                district: case.district,
                id: identity::id(documents.len(), draw).to_string(),
                task: None,
                person: *person,
                media_type: MediaType::Pdf,
                length,
                received: length,
                sha256: hex::encode(Hash::sha256(&bytes)),
                complete: true,
                created_at: at.naive_utc(),
                fence: 0,
                upload: String::new(),
                case_id: Some(case.id),
                document: Some(word.code.clone()),
            };
            documents.push(CaseDocument { row, bytes });
        }
    }
    documents
}

/// The first line of a PDF.
const HEADER: &str = "%PDF-1.4\n";

/// A PDF of one page with this line of ASCII text.
fn page(line: &str) -> Vec<u8> {
    let text = format!("BT /F1 18 Tf 72 740 Td ({line}) Tj ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R \
         /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{text}\nendstream", text.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let object = |(number, object)| format!("{number} 0 obj\n{object}\nendobj\n");
    let objects: Vec<String> = (1..).zip(objects).map(object).collect();
    let mut start = HEADER.len();
    let place = |object: &String| {
        let row = format!("{start:010} 00000 n \n");
        start += object.len();
        row
    };
    let table: String = objects.iter().map(place).collect();
    let (objects, size) = (objects.concat(), objects.len() + 1);
    let pdf = format!(
        "{HEADER}{objects}xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n\
         << /Size {size} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"
    );
    pdf.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_a_pdf_whose_table_names_the_places_of_its_objects() {
        let bytes = page("Demo: Application");
        assert!(MediaType::Pdf.is_of(&bytes));
        let text = String::from_utf8(bytes).expect("ASCII");
        let (_, table) = text.split_once("65535 f \n").expect("a table");
        for (number, line) in (1..=5).zip(table.lines()) {
            let at: usize = line[..10].parse().expect("an offset");
            assert!(text[at..].starts_with(&format!("{number} 0 obj")), "{line}");
        }
    }
}
