//! Invented customers. Every phone number lies in a range that its country keeps free for films and books, as long as these last; then
//! under `+999`, which is no country.

use uuid::Uuid;

use crate::domain::contact::{Contact, Identity};
use crate::domain::ids::ContactId;

use super::chance::Chance;

/// A simulated phone.
pub(super) struct Phone {
    pub number: &'static str,
    pub name: &'static str,
}

/// The phones of the demo. [`KNOWN`] says which of them have written before.
pub(super) const PHONES: [Phone; 6] = [
    Phone { number: "447700900951", name: "Maya Fielding" },
    Phone { number: "13055550195", name: "Lucía Romero" },
    Phone { number: "447700900952", name: "Tom Ashworth" },
    Phone { number: "491713920099", name: "Jonas Weber" },
    Phone { number: "12125550198", name: "Priya Nair" },
    Phone { number: "33639989951", name: "Camille Laurent" },
];

/// Phones whose owners have a past with us, and the language they write.
pub(super) const KNOWN: [(usize, Language); 2] = [(0, Language::English), (1, Language::Spanish)];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    English,
    Spanish,
    German,
    French,
}

impl Language {
    pub fn code(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::Spanish => "es",
            Language::German => "de",
            Language::French => "fr",
        }
    }

    fn first_names(self) -> &'static [&'static str] {
        match self {
            Language::English => &[
                "Alice", "Amir", "Beth", "Callum", "Chidi", "Claire", "Dan", "Erin", "Fatima", "George", "Hannah", "Imran", "Jack", "Joy",
                "Kofi", "Laura", "Liam", "Mei", "Nadia", "Oliver", "Paula", "Ravi", "Rose", "Sam", "Tara", "Uma", "Victor", "Will",
                "Yusuf", "Zoe",
            ],
            Language::Spanish => &[
                "Alba", "Andrés", "Beatriz", "Carlos", "Carmen", "Elena", "Fernando", "Inés", "Javier", "Lola", "Manuel", "Marta", "Nuria",
                "Pablo", "Rocío", "Sergio", "Valeria", "Ximena",
            ],
            Language::German => &["Anke", "Björn", "Clara", "Dieter", "Heike", "Jan", "Katrin", "Lukas", "Sabine", "Uwe"],
            Language::French => &["Adèle", "Bruno", "Chloé", "Étienne", "Inès", "Julien", "Manon", "Olivier", "Sylvie", "Théo"],
        }
    }

    fn last_names(self) -> &'static [&'static str] {
        match self {
            Language::English => &[
                "Abbott",
                "Adeyemi",
                "Barker",
                "Bell",
                "Chowdhury",
                "Clarke",
                "Dawson",
                "Ellis",
                "Finch",
                "Gallagher",
                "Green",
                "Hall",
                "Hussain",
                "Irving",
                "Jones",
                "Kaur",
                "Lowe",
                "Marsh",
                "Mensah",
                "Nolan",
                "Osborne",
                "Patel",
                "Quinn",
                "Reid",
                "Shaw",
                "Thorne",
                "Underhill",
                "Walsh",
                "Young",
                "Zhang",
            ],
            Language::Spanish => &[
                "Aguilar", "Blanco", "Castro", "Delgado", "Fuentes", "Gallego", "Herrera", "Iglesias", "Jiménez", "Lozano", "Molina",
                "Navarro", "Ortega", "Pardo", "Quiroga", "Rivas", "Soler", "Vega",
            ],
            Language::German => &["Albrecht", "Brandt", "Ebert", "Fuchs", "Graf", "Hahn", "Keller", "Lorenz", "Seidel", "Vogel"],
            Language::French => &["Arnaud", "Blanc", "Caron", "Duval", "Fabre", "Garnier", "Lambert", "Morel", "Picard", "Renaud"],
        }
    }

    /// The `n`-th number of this language. When what its country keeps free is used up, one of a country that does not exist.
    fn number(self, n: usize) -> String {
        const AREAS: [&str; 21] = [
            "202", "206", "215", "303", "312", "404", "415", "503", "512", "602", "612", "614", "617", "702", "713", "720", "801", "813",
            "865", "907", "919",
        ];
        const SPANISH_AREAS: [&str; 10] = ["305", "786", "787", "915", "956", "210", "505", "520", "619", "361"];
        let of_areas = |areas: &[&str], n: usize| areas.get(n / 90).map(|area| format!("1{area}55501{:02}", n % 90));
        let free = match self {
            Language::English if n < 900 => Some(format!("447700900{n:03}")),
            Language::English => of_areas(&AREAS, n - 900),
            Language::Spanish => of_areas(&SPANISH_AREAS, n),
            Language::German => (n < 90).then(|| format!("4917139200{n:02}")),
            Language::French => (n < 9_000).then(|| format!("3363998{n:04}")),
        };
        free.unwrap_or_else(|| format!("999{}{n:07}", self as usize + 1))
    }
}

/// Makes up customers, each with a number that no other has.
#[derive(Default)]
pub(super) struct Customers {
    made: [usize; 4],
}

impl Customers {
    /// A customer in a language that chance draws.
    pub fn next(&mut self, chance: &mut Chance) -> (Contact, Identity, Language) {
        let language = match chance.below(100) {
            0..70 => Language::English,
            70..94 => Language::Spanish,
            94..97 => Language::German,
            _ => Language::French,
        };
        let made = &mut self.made[language as usize];
        let number = language.number(*made);
        *made += 1;
        let name = format!("{} {}", chance.pick(language.first_names()), chance.pick(language.last_names()));
        (contact(name, language, chance.uuid()), Identity::Phone(number), language)
    }
}

/// The owner of a simulated phone.
pub(super) fn owner(phone: &Phone, language: Language, chance: &mut Chance) -> (Contact, Identity) {
    (contact(phone.name.to_owned(), language, chance.uuid()), Identity::Phone(phone.number.to_owned()))
}

fn contact(name: String, language: Language, id: Uuid) -> Contact {
    Contact { language: Some(language.code().to_owned()), ..Contact::named(ContactId(id), name) }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_customers_have_one_number_however_many_there_are() {
        const LANGUAGES: [Language; 4] = [Language::English, Language::Spanish, Language::German, Language::French];
        let mut seen: HashSet<String> = PHONES.iter().map(|phone| phone.number.to_owned()).collect();
        for language in LANGUAGES {
            for n in (0..20_000).chain(999_000..1_000_000) {
                let number = language.number(n);
                assert!(number.len() <= 15 && number.bytes().all(|byte| byte.is_ascii_digit()), "{number}");
                assert!(seen.insert(number), "{language:?}: the {n}th number belongs to somebody else");
            }
        }
    }
}
