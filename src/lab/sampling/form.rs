//! The sampling form (抽样单): what the samplers wrote down.
//!
//! Fields after ISO/IEC 17025:2017 7.3.3 and the forms county stations use. What nobody wrote stays empty.

use serde::{Deserialize, Serialize};

use crate::lab::words::names;

names! {
    /// 检验类别: under which scheme the sample was taken. It decides what may be published.
    Class {
        Supervision => "supervision",
        Routine => "routine",
        Commissioned => "commissioned",
        Case => "case",
        Emergency => "emergency",
    }
}

names! {
    /// 抽样环节
    Stage {
        Production => "production",
        Collection => "collection",
        Wholesale => "wholesale",
        Retail => "retail",
        Slaughter => "slaughter",
        Other => "other",
    }
}

/// What the form holds beside the columns one searches by. Texts as written; numbers as text.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SamplingForm {
    /// 抽样基数
    pub lot_size: String,
    /// 规格型号
    pub specification: String,
    /// 商标
    pub brand: String,
    /// 样品等级
    pub grade: String,
    /// 样品状态: fresh, chilled, frozen, dried.
    pub state: String,
    /// 生产日期或收获日期
    pub produced_on: String,
    /// 批号或原编号
    pub lot: String,
    /// 包装
    pub packaging: String,
    /// 承诺达标合格证编号
    pub certificate: String,
    /// 追溯码
    pub trace_code: String,
    /// 受检单位
    pub inspected_party: String,
    pub contact: String,
    pub phone: String,
    /// 抽样地址
    pub address: String,
    /// 最近用药: product and date, as the inspected party states.
    pub last_input: String,
    pub last_input_on: String,
    /// 抽样方法 (standard)
    pub sampling_method: String,
    /// 采样者: at least two for supervisory checks.
    pub samplers: Vec<String>,
    /// 样品数量 with unit.
    pub quantity: String,
    pub quantity_unit: String,
    /// 封签号
    pub seal: String,
    /// 备样封签号
    pub retained_seal: String,
    pub retained_quantity: String,
    /// 备样保存方
    pub retained_keeper: String,
    pub temperature: String,
    /// 样品购买费用
    pub price_paid: String,
    /// 偏离计划的情况
    pub deviation: String,
    /// 被抽样单位签字, or who witnessed a refusal to sign.
    pub party_signature: String,
    pub note: String,
}

/// A field that keeps the form from being registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    Samplers,
    SecondSampler,
    Quantity,
    RetainedSeal,
}

impl SamplingForm {
    /// What is missing for this class of sample. 监测办法: two samplers at least for supervisory checks, and a
    /// sealed retained portion.
    pub fn missing(&self, class: Class) -> Vec<Missing> {
        let named = self.samplers.iter().filter(|name| !name.trim().is_empty()).count();
        let mut missing = Vec::new();
        if named == 0 {
            missing.push(Missing::Samplers);
        } else if named == 1 && matches!(class, Class::Supervision | Class::Case) {
            missing.push(Missing::SecondSampler);
        }
        if !self
            .quantity
            .parse::<rust_decimal::Decimal>()
            .is_ok_and(|quantity| quantity.is_sign_positive() && !quantity.is_zero())
        {
            missing.push(Missing::Quantity);
        }
        let retained = !self.retained_quantity.trim().is_empty();
        if matches!(class, Class::Supervision | Class::Case) && (!retained || self.retained_seal.trim().is_empty()) {
            missing.push(Missing::RetainedSeal);
        }
        missing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> SamplingForm {
        SamplingForm {
            samplers: vec!["Tashi".to_owned(), "Pema".to_owned()],
            quantity: "2.0".to_owned(),
            retained_quantity: "1.0".to_owned(),
            retained_seal: "F-0012".to_owned(),
            ..SamplingForm::default()
        }
    }

    #[test]
    fn a_supervisory_check_has_two_samplers_and_a_sealed_retained_portion() {
        assert_eq!(form().missing(Class::Supervision), []);
        let alone = SamplingForm { samplers: vec!["Tashi".to_owned(), " ".to_owned()], ..form() };
        assert_eq!(alone.missing(Class::Supervision), [Missing::SecondSampler]);
        assert_eq!(alone.missing(Class::Commissioned), []);
        let open = SamplingForm { retained_seal: String::new(), ..form() };
        assert_eq!(open.missing(Class::Supervision), [Missing::RetainedSeal]);
        assert_eq!(open.missing(Class::Routine), []);
    }

    #[test]
    fn a_quantity_is_a_positive_number() {
        for text in ["", "0", "-1", "two"] {
            let form = SamplingForm { quantity: text.to_owned(), ..form() };
            assert_eq!(form.missing(Class::Routine), [Missing::Quantity], "{text}");
        }
    }
}
