//! The county of the demonstration: fictional places and people, real standards.
//!
//! Limits: GB 2763-2026 (in force 2026-03-01), lines of the named tables as public transcriptions of the standard give
//! them; bans: 农业农村部公告第536号 and the announcement of 2023-12-25. A laboratory checks every line against the
//! printed standard before it judges by it.

use crate::lab::people::Role;

pub const NAME: &str = "雪沃县农产品质量安全检验检测站";
pub const NAME_EN: &str = "Xuewo County Agri-product Testing Station";
pub const ADDRESS: &str = "雪沃县城关镇青稞路 8 号";
pub const PHONE: &str = "0890-0000000";

/// User name, printed name, roles.
pub const PEOPLE: [(&str, &str, &[Role]); 7] = [
    ("technician", "次旦央宗", &[Role::Technician]),
    ("technician2", "李文斌", &[Role::Technician]),
    ("keeper", "旺姆", &[Role::SampleKeeper]),
    ("reviewer", "洛桑顿珠", &[Role::Reviewer]),
    ("approver", "张淑芬", &[Role::Approver]),
    ("quality", "格桑曲珍", &[Role::QualityManager]),
    ("administrator", "陈立", &[Role::Administrator]),
];

/// Samplers of the county's agricultural office.
pub const SAMPLERS: [&str; 4] = ["扎西平措", "刘海燕", "尼玛仓决", "周强"];

pub const TOWNS: [&str; 5] = ["城关镇", "扎桑镇", "白朵乡", "江村乡", "措麦乡"];

/// Code, name, kind, town.
pub const PLACES: [(&str, &str, &str, &str); 12] = [
    ("P01", "河滩农产品批发市场", "wholesale-market", "城关镇"),
    ("P02", "德吉农贸市场", "retail-market", "城关镇"),
    ("P03", "扎桑镇菜市场", "retail-market", "扎桑镇"),
    ("P04", "白朵乡蔬菜基地", "production-base", "白朵乡"),
    ("P05", "江村乡设施农业园", "production-base", "江村乡"),
    ("P06", "措麦乡奶站", "collection-point", "措麦乡"),
    ("P07", "县第一小学食堂", "canteen", "城关镇"),
    ("S01", "样品室 1 号冰箱（2–8 ℃）", "storage", "城关镇"),
    ("S02", "样品室冰柜（−18 ℃）", "storage", "城关镇"),
    ("S03", "留样柜", "storage", "城关镇"),
    ("B01", "前处理台", "bench", "城关镇"),
    ("B02", "速测台", "bench", "城关镇"),
];

/// Code, name, kind, town, address, contact.
pub const PRODUCERS: [(&str, &str, &str, &str, &str, &str); 7] = [
    ("C01", "雪沃县德吉蔬菜种植专业合作社", "cooperative", "白朵乡", "白朵乡二村", "巴桑"),
    ("C02", "江村高原绿野农业有限公司", "enterprise", "江村乡", "江村乡设施农业园 3 区", "王敏"),
    ("C03", "措麦牦牛奶业专业合作社", "cooperative", "措麦乡", "措麦乡奶站旁", "索朗"),
    ("C04", "扎桑家庭农场", "family-farm", "扎桑镇", "扎桑镇南坝", "普布"),
    ("N01", "次仁卓玛", "natural-person", "城关镇", "德吉农贸市场 12 号摊", "次仁卓玛"),
    ("N02", "王建国", "natural-person", "城关镇", "河滩农产品批发市场 A31", "王建国"),
    ("N03", "达娃", "natural-person", "扎桑镇", "扎桑镇菜市场 5 号摊", "达娃"),
];

/// Code, name, English name, parent's code, everyday names.
pub const COMMODITIES: [(&str, &str, &str, &str, &str); 22] = [
    ("VEG", "蔬菜", "vegetables", "", ""),
    ("VEG-LEAF", "叶菜类蔬菜", "leafy vegetables", "VEG", ""),
    ("SPINACH", "菠菜", "spinach", "VEG-LEAF", ""),
    ("PAKCHOI", "普通白菜", "pak choi", "VEG-LEAF", "小白菜|青菜|小油菜"),
    ("CNCABBAGE", "大白菜", "Chinese cabbage", "VEG-LEAF", ""),
    ("CELERY", "芹菜", "celery", "VEG-LEAF", ""),
    ("VEG-BULB", "鳞茎类蔬菜", "bulb vegetables", "VEG", ""),
    ("CHIVE", "韭菜", "Chinese chives", "VEG-BULB", ""),
    ("VEG-FRUIT", "茄果类蔬菜", "fruiting vegetables", "VEG", ""),
    ("TOMATO", "番茄", "tomato", "VEG-FRUIT", "西红柿"),
    ("PEPPER", "辣椒", "pepper", "VEG-FRUIT", "青椒"),
    ("VEG-GOURD", "瓜类蔬菜", "cucurbits", "VEG", ""),
    ("CUCUMBER", "黄瓜", "cucumber", "VEG-GOURD", ""),
    ("VEG-LEGUME", "豆类蔬菜", "legume vegetables", "VEG", ""),
    ("COWPEA", "豇豆", "cowpea", "VEG-LEGUME", ""),
    ("FRUIT", "水果", "fruit", "", ""),
    ("FRUIT-POME", "仁果类水果", "pome fruit", "FRUIT", ""),
    ("APPLE", "苹果", "apple", "FRUIT-POME", ""),
    ("GRAIN", "谷物", "cereals", "", ""),
    ("BARLEY", "大麦", "barley", "GRAIN", "青稞"),
    ("ANIMAL", "动物源性食品", "food of animal origin", "", ""),
    ("RAWMILK", "生乳", "raw milk", "ANIMAL", "牦牛奶"),
];

/// Code, name, English name, kind, CAS, ban (first day, announcement).
pub const ANALYTES: [(&str, &str, &str, &str, &str, Option<(&str, &str)>); 16] = [
    ("INH", "有机磷和氨基甲酸酯类农药残留", "organophosphates and carbamates", "inhibition", "", None),
    ("CHLORPYRIFOS", "毒死蜱", "chlorpyrifos", "pesticide", "2921-88-2", None),
    ("PHORATE", "甲拌磷", "phorate", "pesticide", "298-02-2", Some(("2024-09-01", "农业农村部公告第536号"))),
    (
        "OMETHOATE",
        "氧乐果",
        "omethoate",
        "pesticide",
        "1113-02-6",
        Some(("2026-06-01", "农业农村部公告（2023-12-25）")),
    ),
    ("DIMETHOATE", "乐果", "dimethoate", "pesticide", "60-51-5", None),
    ("MALATHION", "马拉硫磷", "malathion", "pesticide", "121-75-5", None),
    ("DICHLORVOS", "敌敌畏", "dichlorvos", "pesticide", "62-73-7", None),
    ("TRIAZOPHOS", "三唑磷", "triazophos", "pesticide", "24017-47-8", None),
    ("METHAMIDOPHOS", "甲胺磷", "methamidophos", "pesticide", "10265-92-6", Some(("2007-01-01", "农业部公告第322号"))),
    (
        "PARATHION-METHYL",
        "甲基对硫磷",
        "parathion-methyl",
        "pesticide",
        "298-00-0",
        Some(("2007-01-01", "农业部公告第322号")),
    ),
    (
        "ISOCARBOPHOS",
        "水胺硫磷",
        "isocarbophos",
        "pesticide",
        "24353-61-5",
        Some(("2024-09-01", "农业农村部公告第536号")),
    ),
    ("ACEPHATE", "乙酰甲胺磷", "acephate", "pesticide", "30560-19-1", None),
    ("PROFENOFOS", "丙溴磷", "profenofos", "pesticide", "41198-08-7", None),
    ("AFM1", "黄曲霉毒素M1", "aflatoxin M1", "contaminant", "6795-23-9", None),
    ("ENROFLOXACIN", "恩诺沙星", "enrofloxacin", "veterinary-drug", "93106-60-6", None),
    ("SULFONAMIDES", "磺胺类", "sulfonamides", "veterinary-drug", "", None),
];

/// An instrument: code, name, maker, model, bench, place of the control, what the driver's catalogue calls it.
pub struct Instrument {
    pub code: &'static str,
    pub name: &'static str,
    pub maker: &'static str,
    pub model: &'static str,
    pub bench: &'static str,
    pub control_position: Option<&'static str>,
    /// Minutes of working time within which it must speak.
    pub speaks_every: Option<i64>,
    pub data_system: Option<&'static str>,
    pub what: super::instruments::Model,
}

pub const INSTRUMENTS: [Instrument; 6] = {
    use super::instruments::Model;
    const fn at(
        code: &'static str,
        name: &'static str,
        maker: &'static str,
        model: &'static str,
        bench: &'static str,
        control_position: Option<&'static str>,
        what: Model,
    ) -> Instrument {
        let (speaks_every, data_system) = match what {
            Model::Gc => (Some(120), Some("labsolutions")),
            Model::Lz4000 | Model::Balance => (Some(240), None),
            _ => (None, None),
        };
        Instrument { code, name, maker, model, bench, control_position, speaks_every, data_system, what }
    }
    [
        at("NC-1", "农残速测仪", "大元", "LZ-4000", "B02", None, Model::Lz4000),
        at("NC-2", "农残光度模块", "大元", "DY-1000", "B02", Some("1"), Model::Photometer),
        at("NC-3", "农残速测仪", "泰洋", "TTNJ-8", "B02", Some("1"), Model::Ttnj),
        at("ELISA-1", "酶标分析仪", "演示厂商", "MilkELISA 96", "B01", None, Model::Elisa),
        at("GC-1", "气相色谱仪（FPD）", "岛津", "GC-2014C", "B01", None, Model::Gc),
        at("TP-1", "电子天平", "梅特勒", "MS204TS", "B01", None, Model::Balance),
    ]
};

/// Code, name, English name, kind, instrument, in force from.
pub const METHODS: [(&str, &str, &str, &str, Option<&str>, &str); 4] = [
    (
        "GB/T 5009.199-2003",
        "蔬菜中有机磷和氨基甲酸酯类农药残留量的快速检测",
        "rapid test, enzyme inhibition",
        "screening",
        None,
        "2004-01-01",
    ),
    (
        "NY/T 761-2008",
        "蔬菜和水果中有机磷等农药多残留的测定（气相色谱）",
        "multi-residue by gas chromatography",
        "confirmatory",
        Some("GC-1"),
        "2008-04-30",
    ),
    (
        "GB 5009.24-2016",
        "食品中黄曲霉毒素M族的测定（酶联免疫法）",
        "aflatoxin M by ELISA",
        "confirmatory",
        Some("ELISA-1"),
        "2017-06-23",
    ),
    (
        "QK-ELISA-01",
        "生乳中恩诺沙星、磺胺类快速筛查（演示方法）",
        "antibiotics in raw milk, screening (demonstration)",
        "screening",
        Some("ELISA-1"),
        "2025-01-01",
    ),
];

/// Method, analyte, unit, LOD, LOQ, decimals, threshold.
pub const METHOD_ANALYTES: [(&str, &str, &str, Option<&str>, Option<&str>, i64, Option<&str>); 16] = [
    ("GB/T 5009.199-2003", "INH", "%", None, None, 1, Some("50")),
    ("NY/T 761-2008", "CHLORPYRIFOS", "mg/kg", Some("0.002"), Some("0.005"), 3, None),
    ("NY/T 761-2008", "PHORATE", "mg/kg", Some("0.002"), Some("0.005"), 3, None),
    ("NY/T 761-2008", "OMETHOATE", "mg/kg", Some("0.002"), Some("0.005"), 3, None),
    ("NY/T 761-2008", "DIMETHOATE", "mg/kg", Some("0.002"), Some("0.005"), 3, None),
    ("NY/T 761-2008", "MALATHION", "mg/kg", Some("0.002"), Some("0.005"), 3, None),
    ("NY/T 761-2008", "TRIAZOPHOS", "mg/kg", Some("0.002"), Some("0.005"), 3, None),
    ("NY/T 761-2008", "DICHLORVOS", "mg/kg", Some("0.002"), Some("0.005"), 3, None),
    ("NY/T 761-2008", "METHAMIDOPHOS", "mg/kg", Some("0.002"), Some("0.005"), 3, None),
    ("NY/T 761-2008", "ACEPHATE", "mg/kg", Some("0.002"), Some("0.005"), 3, None),
    ("NY/T 761-2008", "PARATHION-METHYL", "mg/kg", Some("0.002"), Some("0.005"), 3, None),
    ("NY/T 761-2008", "ISOCARBOPHOS", "mg/kg", Some("0.002"), Some("0.005"), 3, None),
    ("NY/T 761-2008", "PROFENOFOS", "mg/kg", Some("0.002"), Some("0.005"), 3, None),
    ("GB 5009.24-2016", "AFM1", "μg/kg", Some("0.002"), Some("0.005"), 3, None),
    ("QK-ELISA-01", "ENROFLOXACIN", "μg/kg", None, Some("1.0"), 2, Some("100")),
    ("QK-ELISA-01", "SULFONAMIDES", "μg/kg", None, Some("2.0"), 2, Some("100")),
];

/// Instrument, its code for the analyte, its unit, analyte, the method's unit, factor.
pub const MAPS: [(&str, &str, &str, &str, &str, &str); 18] = [
    ("NC-1", "INH", "%", "INH", "%", "1"),
    ("NC-2", "DA410", "", "INH", "%", "1"),
    ("NC-3", "1", "", "INH", "%", "1"),
    ("ELISA-1", "AFM1", "ug/kg", "AFM1", "μg/kg", "1"),
    ("ELISA-1", "ENR", "ug/kg", "ENROFLOXACIN", "μg/kg", "1"),
    ("ELISA-1", "SAs", "ug/kg", "SULFONAMIDES", "μg/kg", "1"),
    ("GC-1", "Chlorpyrifos", "mg/kg", "CHLORPYRIFOS", "mg/kg", "1"),
    ("GC-1", "Phorate", "mg/kg", "PHORATE", "mg/kg", "1"),
    ("GC-1", "Omethoate", "mg/kg", "OMETHOATE", "mg/kg", "1"),
    ("GC-1", "Dimethoate", "mg/kg", "DIMETHOATE", "mg/kg", "1"),
    ("GC-1", "Malathion", "mg/kg", "MALATHION", "mg/kg", "1"),
    ("GC-1", "Triazophos", "mg/kg", "TRIAZOPHOS", "mg/kg", "1"),
    ("GC-1", "Dichlorvos", "mg/kg", "DICHLORVOS", "mg/kg", "1"),
    ("GC-1", "Methamidophos", "mg/kg", "METHAMIDOPHOS", "mg/kg", "1"),
    ("GC-1", "Acephate", "mg/kg", "ACEPHATE", "mg/kg", "1"),
    ("GC-1", "Parathion-methyl", "mg/kg", "PARATHION-METHYL", "mg/kg", "1"),
    ("GC-1", "Isocarbophos", "mg/kg", "ISOCARBOPHOS", "mg/kg", "1"),
    ("GC-1", "Profenofos", "mg/kg", "PROFENOFOS", "mg/kg", "1"),
];

/// Analyte, commodity, wording, limit, excludes, clause. All GB 2763-2026, mg/kg.
pub const LIMITS: [(&str, &str, &str, &str, &str, &str); 27] = [
    ("CHLORPYRIFOS", "VEG-LEAF", "叶菜类蔬菜(芹菜除外)", "0.02", "芹菜", "4.125"),
    ("CHLORPYRIFOS", "CELERY", "芹菜", "0.05", "", "4.125"),
    ("CHLORPYRIFOS", "VEG-BULB", "鳞茎类蔬菜", "0.02", "", "4.125"),
    ("CHLORPYRIFOS", "VEG-FRUIT", "茄果类蔬菜", "0.02", "", "4.125"),
    ("CHLORPYRIFOS", "VEG-GOURD", "瓜类蔬菜", "0.02", "", "4.125"),
    ("CHLORPYRIFOS", "VEG-LEGUME", "豆类蔬菜(食荚豌豆除外)", "0.02", "食荚豌豆", "4.125"),
    ("CHLORPYRIFOS", "APPLE", "苹果", "1", "", "4.125"),
    ("PHORATE", "VEG-LEAF", "叶菜类蔬菜", "0.01", "", "4.228"),
    ("PHORATE", "VEG-BULB", "鳞茎类蔬菜", "0.01", "", "4.228"),
    ("PHORATE", "VEG-FRUIT", "茄果类蔬菜", "0.01", "", "4.228"),
    ("PHORATE", "VEG-GOURD", "瓜类蔬菜", "0.01", "", "4.228"),
    ("PHORATE", "VEG-LEGUME", "豆类蔬菜", "0.01", "", "4.228"),
    ("PHORATE", "FRUIT-POME", "仁果类水果", "0.01", "", "4.228"),
    ("PHORATE", "BARLEY", "大麦", "0.02", "", "4.228"),
    ("DIMETHOATE", "VEG-LEAF", "叶菜类蔬菜", "0.01", "", "4.272"),
    ("DIMETHOATE", "VEG-BULB", "鳞茎类蔬菜", "0.01", "", "4.272"),
    ("DIMETHOATE", "VEG-FRUIT", "茄果类蔬菜", "0.01", "", "4.272"),
    ("DIMETHOATE", "VEG-GOURD", "瓜类蔬菜", "0.01", "", "4.272"),
    ("DIMETHOATE", "VEG-LEGUME", "豆类蔬菜", "0.01", "", "4.272"),
    ("DIMETHOATE", "BARLEY", "大麦", "2", "", "4.272"),
    ("MALATHION", "SPINACH", "菠菜", "2", "", ""),
    ("MALATHION", "PAKCHOI", "普通白菜", "8", "", ""),
    ("MALATHION", "CELERY", "芹菜", "1", "", ""),
    ("MALATHION", "TOMATO", "番茄", "0.5", "", ""),
    ("MALATHION", "CUCUMBER", "黄瓜", "0.2", "", ""),
    ("MALATHION", "COWPEA", "豇豆", "2", "", ""),
    ("MALATHION", "APPLE", "苹果", "2", "", ""),
];

/// Code, name, method, analyte, unit, mean, s.
pub const CONTROLS: [(&str, &str, &str, &str, &str, &str, &str); 4] = [
    ("QC01", "抑制率质控样", "GB/T 5009.199-2003", "INH", "%", "45.0", "3.0"),
    ("QC-GC-01", "有机磷混合加标样", "NY/T 761-2008", "CHLORPYRIFOS", "mg/kg", "0.050", "0.003"),
    ("QC-GC-01", "有机磷混合加标样", "NY/T 761-2008", "DIMETHOATE", "mg/kg", "0.050", "0.004"),
    ("QC-M1", "黄曲霉毒素M1质控乳粉", "GB 5009.24-2016", "AFM1", "μg/kg", "0.250", "0.020"),
];

/// Commodity, quota of the year's plan.
pub const PLAN: [(&str, i64); 6] =
    [("SPINACH", 6), ("PAKCHOI", 5), ("CELERY", 4), ("TOMATO", 4), ("CHIVE", 5), ("RAWMILK", 8)];
