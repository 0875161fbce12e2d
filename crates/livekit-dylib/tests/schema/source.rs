//! Shapes out of Rust sources that use prost.

use std::collections::BTreeMap;

use syn::ext::IdentExt as _;
use syn::{Expr, Fields, GenericArgument, Item, ItemEnum, ItemStruct, Lit, PathArguments, Type};

use crate::attribute::Attribute;
use crate::shape::{Field, Kind, Label, Shapes, Values, key};

/// Every message and enum of the sources, as if they were one flat module.
pub(crate) fn read<'a>(sources: impl IntoIterator<Item = &'a str>) -> Shapes {
    let files: Vec<_> = sources
        .into_iter()
        .map(|text| syn::parse_file(text).expect("the source is Rust"))
        .collect();
    let mut items = Items::default();
    files
        .iter()
        .for_each(|file| items.collect(&[], &file.items));
    let mut shapes = Shapes::default();
    for (name, (scope, item)) in &items.structs {
        let fields = items.fields(scope, item, &mut shapes.faults);
        shapes.messages.insert(name.clone(), fields);
    }
    for (name, (_, item)) in items.enums.iter().filter(|(_, (_, item))| !is_oneof(item)) {
        shapes.enums.insert(name.clone(), values(item));
    }
    shapes
}

/// The modules an item is in.
type Scope = Vec<String>;

/// Structs and enums by key, to find what a path in a field means.
#[derive(Default)]
struct Items<'a> {
    structs: BTreeMap<String, (Scope, &'a ItemStruct)>,
    enums: BTreeMap<String, (Scope, &'a ItemEnum)>,
}

impl<'a> Items<'a> {
    fn collect(&mut self, scope: &[String], items: &'a [Item]) {
        for item in items {
            match item {
                Item::Struct(item) => {
                    self.structs.insert(
                        key_in(scope, &[item.ident.to_string()]),
                        (scope.to_vec(), item),
                    );
                }
                Item::Enum(item) => {
                    self.enums.insert(
                        key_in(scope, &[item.ident.to_string()]),
                        (scope.to_vec(), item),
                    );
                }
                Item::Mod(module) => {
                    let inner = [scope, &[module.ident.to_string()]].concat();
                    let content = module.content.as_ref().map_or(&[][..], |(_, items)| items);
                    self.collect(&inner, content);
                }
                _ => {}
            }
        }
    }

    fn fields(
        &self,
        scope: &[String],
        item: &ItemStruct,
        faults: &mut Vec<String>,
    ) -> BTreeMap<i32, Field> {
        let mut fields = BTreeMap::new();
        let mut add = |tag: Option<i32>, field: Field| match tag {
            Some(tag) if !fields.contains_key(&tag) => drop(fields.insert(tag, field)),
            _ => faults.push(format!(
                "{}.{}: its number is missing or taken",
                item.ident, field.name
            )),
        };
        for field in &item.fields {
            let name = field
                .ident
                .as_ref()
                .map_or_else(String::new, |ident| ident.unraw().to_string());
            let attribute = Attribute::read(&field.attrs);
            if let Some(oneof) = &attribute.oneof {
                self.arms(scope, &name, oneof, &attribute.tags)
                    .into_iter()
                    .for_each(|(tag, field)| add(tag, field));
            } else {
                let kind = self.kind(scope, &attribute, &field.ty);
                add(
                    attribute.tag,
                    Field {
                        name,
                        label: attribute.label,
                        kind,
                    },
                );
            }
        }
        fields
    }

    /// The arms of a `oneof`. One that its field does not list has no number: prost would not read it.
    fn arms(
        &self,
        scope: &[String],
        oneof: &str,
        path: &str,
        listed: &[i32],
    ) -> Vec<(Option<i32>, Field)> {
        let found = self.find(scope, &segments(path), |name| self.enums.contains_key(name));
        let Some((inner, item)) = self.enums.get(&found) else {
            return vec![(
                None,
                Field {
                    name: oneof.to_owned(),
                    label: Label::None,
                    kind: Kind::Plain(found),
                },
            )];
        };
        let arm = |variant: &'a syn::Variant| {
            let attribute = Attribute::read(&variant.attrs);
            let kind = match &variant.fields {
                Fields::Unnamed(held) => self.kind(inner, &attribute, &held.unnamed[0].ty),
                _ => Kind::Plain("nothing".to_owned()),
            };
            let field = Field {
                name: variant.ident.to_string(),
                label: Label::Oneof(oneof.to_owned()),
                kind,
            };
            (attribute.tag.filter(|tag| listed.contains(tag)), field)
        };
        item.variants.iter().map(arm).collect()
    }

    fn kind(&self, scope: &[String], attribute: &Attribute, held: &Type) -> Kind {
        match (attribute.kind.as_str(), &attribute.value) {
            ("message", _) => {
                Kind::Message(self.find(scope, &path(held), |name| self.structs.contains_key(name)))
            }
            ("enumeration", Some(name)) => {
                Kind::Enum(self.find(scope, &segments(name), |name| self.enums.contains_key(name)))
            }
            ("map", Some(kinds)) => Kind::Plain(kinds.clone()),
            (scalar, _) => Kind::Plain(scalar.to_owned()),
        }
    }

    /// The key a path has, seen from a module: the nearest module outwards that has it.
    fn find(&self, scope: &[String], path: &[String], known: impl Fn(&str) -> bool) -> String {
        let outwards = (0..=scope.len())
            .rev()
            .map(|depth| key_in(&scope[..depth], path));
        outwards
            .into_iter()
            .find(|name| known(name))
            .unwrap_or_else(|| key_in(&[], path))
    }
}

fn key_in(scope: &[String], path: &[String]) -> String {
    key(scope.iter().chain(path).map(String::as_str))
}

fn segments(path: &str) -> Vec<String> {
    path.split("::").map(str::to_owned).collect()
}

/// The path of a type, without an `Option` or a `Vec` around it.
fn path(held: &Type) -> Vec<String> {
    let Type::Path(held) = held else {
        return Vec::new();
    };
    if let Some(last) = held.path.segments.last()
        && let PathArguments::AngleBracketed(arguments) = &last.arguments
        && let Some(GenericArgument::Type(inner)) = arguments.args.first()
    {
        return path(inner);
    }
    held.path
        .segments
        .iter()
        .map(|segment| segment.ident.to_string())
        .collect()
}

fn is_oneof(item: &ItemEnum) -> bool {
    item.variants
        .iter()
        .any(|variant| !matches!(variant.fields, Fields::Unit))
}

fn values(item: &ItemEnum) -> Values {
    let number = |variant: &syn::Variant| match &variant.discriminant {
        Some((_, Expr::Lit(number))) => match &number.lit {
            Lit::Int(number) => number.base10_parse().ok(),
            _ => None,
        },
        _ => None,
    };
    let value = |variant| {
        (
            number(variant).expect("a value of an enum is a number"),
            variant.ident.to_string(),
        )
    };
    item.variants.iter().map(value).collect()
}
