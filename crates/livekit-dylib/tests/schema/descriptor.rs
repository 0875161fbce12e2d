//! Shapes out of a descriptor set.

use prost_types::field_descriptor_proto::{Label as Occurs, Type};
use prost_types::{DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorSet};

use crate::shape::{Field, Kind, Label, Shapes, Values, key};

/// Every message and enum of the set; its files share one package.
pub(crate) fn read(set: &FileDescriptorSet) -> Shapes {
    let mut shapes = Shapes::default();
    for file in &set.file {
        let package = format!(".{}.", file.package());
        let mut reader = Reader {
            package,
            shapes: &mut shapes,
        };
        file.message_type
            .iter()
            .for_each(|message| reader.message(&[], message));
        file.enum_type
            .iter()
            .for_each(|values| reader.values(&[], values));
    }
    shapes
}

struct Reader<'a> {
    package: String,
    shapes: &'a mut Shapes,
}

impl Reader<'_> {
    fn message(&mut self, outer: &[&str], message: &DescriptorProto) {
        let path = [outer, &[message.name()]].concat();
        let fields = message
            .field
            .iter()
            .map(|field| (field.number(), self.field(message, field)))
            .collect();
        self.shapes
            .messages
            .insert(key(path.iter().copied()), fields);
        for nested in message
            .nested_type
            .iter()
            .filter(|nested| !is_map_entry(nested))
        {
            self.message(&path, nested);
        }
        message
            .enum_type
            .iter()
            .for_each(|values| self.values(&path, values));
    }

    fn values(&mut self, outer: &[&str], values: &EnumDescriptorProto) {
        let path = [outer, &[values.name()]].concat();
        let values: Values = values
            .value
            .iter()
            .map(|value| (value.number(), value.name().to_owned()))
            .collect();
        self.shapes.enums.insert(key(path), values);
    }

    fn field(&self, message: &DescriptorProto, field: &FieldDescriptorProto) -> Field {
        let name = field.name().to_owned();
        if let Some(entry) = map_entry(message, field) {
            let kinds: Vec<_> = entry
                .field
                .iter()
                .map(|half| scalar(half.r#type()).unwrap_or("other"))
                .collect();
            return Field {
                name,
                label: Label::Map,
                kind: Kind::Plain(kinds.join(", ")),
            };
        }
        let label = match (field.oneof_index, field.label()) {
            (Some(index), _) => {
                let index = usize::try_from(index).expect("an index is not negative");
                Label::Oneof(message.oneof_decl[index].name().to_owned())
            }
            (None, Occurs::Required) => Label::Required,
            (None, Occurs::Optional) => Label::Optional,
            (None, Occurs::Repeated) => Label::Repeated,
        };
        Field {
            name,
            label,
            kind: self.kind(field),
        }
    }

    fn kind(&self, field: &FieldDescriptorProto) -> Kind {
        let named = || {
            let name = field.type_name();
            key(name.strip_prefix(&self.package).unwrap_or(name).split('.'))
        };
        match scalar(field.r#type()) {
            Some(scalar) => Kind::Plain(scalar.to_owned()),
            None if field.r#type() == Type::Enum => Kind::Enum(named()),
            None => Kind::Message(named()),
        }
    }
}

/// The pair type a map field repeats.
fn map_entry<'a>(
    message: &'a DescriptorProto,
    field: &FieldDescriptorProto,
) -> Option<&'a DescriptorProto> {
    let (_, name) = field.type_name().rsplit_once('.')?;
    message
        .nested_type
        .iter()
        .find(|nested| nested.name() == name && is_map_entry(nested))
}

fn is_map_entry(message: &DescriptorProto) -> bool {
    message
        .options
        .as_ref()
        .is_some_and(|options| options.map_entry())
}

/// The scalar as prost spells it.
fn scalar(kind: Type) -> Option<&'static str> {
    Some(match kind {
        Type::Double => "double",
        Type::Float => "float",
        Type::Int64 => "int64",
        Type::Uint64 => "uint64",
        Type::Int32 => "int32",
        Type::Fixed64 => "fixed64",
        Type::Fixed32 => "fixed32",
        Type::Bool => "bool",
        Type::String => "string",
        Type::Bytes => "bytes",
        Type::Uint32 => "uint32",
        Type::Sfixed32 => "sfixed32",
        Type::Sfixed64 => "sfixed64",
        Type::Sint32 => "sint32",
        Type::Sint64 => "sint64",
        Type::Group | Type::Message | Type::Enum => return None,
    })
}
