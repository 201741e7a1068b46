//! The words of the laboratory's set-up: kinds of places, producers, analytes and methods.

use super::words::names;

names! {
    /// Where samples are taken, kept and worked on.
    PlaceKind {
        ProductionBase => "production-base",
        WholesaleMarket => "wholesale-market",
        RetailMarket => "retail-market",
        Slaughterhouse => "slaughterhouse",
        CollectionPoint => "collection-point",
        Canteen => "canteen",
        /// A refrigerator, freezer or shelf of the laboratory.
        Storage => "storage",
        Bench => "bench",
    }
}

impl PlaceKind {
    /// Inside the laboratory: containers stand here.
    pub const fn is_ours(self) -> bool {
        matches!(self, Self::Storage | Self::Bench)
    }
}

names! {
    /// Who grew or sold it. A natural person's name is masked on public pages (个人信息保护法 25).
    ProducerKind {
        Enterprise => "enterprise",
        Cooperative => "cooperative",
        FamilyFarm => "family-farm",
        NaturalPerson => "natural-person",
    }
}

names! {
    AnalyteKind {
        Pesticide => "pesticide",
        VeterinaryDrug => "veterinary-drug",
        Contaminant => "contaminant",
        /// Cholinesterase inhibition: a screening quantity, not a substance.
        Inhibition => "inhibition",
    }
}

names! {
    /// What a method's result may be used for (食品安全法 112: a rapid positive is followed by a laboratory test).
    MethodKind {
        Screening => "screening",
        Confirmatory => "confirmatory",
    }
}
