//! The words that the events are made of.
//!
//! [`ADJECTIVES`] and [`NOUNS`] stand in the names of targets and nowhere else in what is searched,
//! prefixes of [`PREFIX_LETTERS`] letters included: so the events that a word finds can be counted
//! without the server. A test holds to that.

/// Letters of a noun that no other searched word begins with.
#[cfg_attr(not(test), allow(dead_code))]
pub const PREFIX_LETTERS: usize = 5;

pub const ADJECTIVES: [&str; 32] = [
    "amber", "teal", "brisk", "cobalt", "copper", "coral", "crimson", "ebony", "emerald", "fuzzy",
    "gentle", "gilded", "hollow", "indigo", "ivory", "jagged", "lively", "lunar", "mellow",
    "misty", "nimble", "opal", "pearly", "quiet", "rustic", "sable", "scarlet", "silver", "sturdy",
    "velvet", "violet", "wooden",
];

pub const NOUNS: [&str; 64] = [
    "albatross",
    "antelope",
    "armadillo",
    "axolotl",
    "badger",
    "barracuda",
    "bluebird",
    "bonobo",
    "buzzard",
    "capybara",
    "caribou",
    "chameleon",
    "chipmunk",
    "cormorant",
    "coyote",
    "crocodile",
    "dolphin",
    "dragonfly",
    "elephant",
    "falcon",
    "ferret",
    "flamingo",
    "gazelle",
    "gecko",
    "gibbon",
    "giraffe",
    "goldfinch",
    "grasshopper",
    "hamster",
    "hedgehog",
    "heron",
    "hornet",
    "hummingbird",
    "iguana",
    "impala",
    "jackal",
    "jaguar",
    "jellyfish",
    "kangaroo",
    "kestrel",
    "kingfisher",
    "lemur",
    "leopard",
    "llama",
    "lobster",
    "macaw",
    "meerkat",
    "mongoose",
    "narwhal",
    "nightingale",
    "ocelot",
    "octopus",
    "ostrich",
    "panther",
    "peacock",
    "pelican",
    "penguin",
    "porcupine",
    "salamander",
    "seahorse",
    "tortoise",
    "toucan",
    "walrus",
    "wolverine",
];

/// Words of the sentences in request bodies, which are kept and not searched.
pub const FILLER: [&str; 32] = [
    "answer", "before", "billing", "careful", "case", "check", "customer", "document", "email",
    "every", "field", "from", "given", "invoice", "language", "never", "number", "only", "policy",
    "question", "record", "reply", "review", "short", "sources", "summary", "support", "team",
    "their", "the", "when", "with",
];
