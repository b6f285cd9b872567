import protobuf from "protobufjs/light.js";

/**
 * The part of the ONNX format that is written and read here, as protobuf messages.
 * Field numbers from https://github.com/onnx/onnx/blob/main/onnx/onnx.proto (IR version 10).
 */
const root = protobuf.Root.fromJSON({
  nested: {
    onnx: {
      nested: {
        AttributeProto: {
          fields: {
            name: { type: "string", id: 1 },
            f: { type: "float", id: 2 },
            i: { type: "int64", id: 3 },
            s: { type: "bytes", id: 4 },
            t: { type: "TensorProto", id: 5 },
            g: { type: "GraphProto", id: 6 },
            floats: { rule: "repeated", type: "float", id: 7 },
            ints: { rule: "repeated", type: "int64", id: 8 },
            strings: { rule: "repeated", type: "bytes", id: 9 },
            tensors: { rule: "repeated", type: "TensorProto", id: 10 },
            graphs: { rule: "repeated", type: "GraphProto", id: 11 },
            type: { type: "int32", id: 20 },
            sparseTensor: { type: "SparseTensorProto", id: 22 },
            sparseTensors: { rule: "repeated", type: "SparseTensorProto", id: 23 },
            refAttrName: { type: "string", id: 21 },
          },
        },
        NodeProto: {
          fields: {
            input: { rule: "repeated", type: "string", id: 1 },
            output: { rule: "repeated", type: "string", id: 2 },
            name: { type: "string", id: 3 },
            opType: { type: "string", id: 4 },
            attribute: { rule: "repeated", type: "AttributeProto", id: 5 },
            domain: { type: "string", id: 7 },
            overload: { type: "string", id: 8 },
          },
        },
        TensorProto: {
          fields: {
            dims: { rule: "repeated", type: "int64", id: 1 },
            dataType: { type: "int32", id: 2 },
            floatData: { rule: "repeated", type: "float", id: 4 },
            int32Data: { rule: "repeated", type: "int32", id: 5 },
            stringData: { rule: "repeated", type: "bytes", id: 6 },
            int64Data: { rule: "repeated", type: "int64", id: 7 },
            name: { type: "string", id: 8 },
            rawData: { type: "bytes", id: 9 },
            doubleData: { rule: "repeated", type: "double", id: 10 },
            uint64Data: { rule: "repeated", type: "uint64", id: 11 },
            externalData: { rule: "repeated", type: "StringStringEntryProto", id: 13 },
            dataLocation: { type: "int32", id: 14 },
          },
        },
        SparseTensorProto: {
          fields: {
            values: { type: "TensorProto", id: 1 },
            indices: { type: "TensorProto", id: 2 },
            dims: { rule: "repeated", type: "int64", id: 3 },
          },
        },
        Dimension: {
          oneofs: { value: { oneof: ["dimValue", "dimParam"] } },
          fields: { dimValue: { type: "int64", id: 1 }, dimParam: { type: "string", id: 2 } },
        },
        TensorShapeProto: { fields: { dim: { rule: "repeated", type: "Dimension", id: 1 } } },
        TensorTypeProto: {
          fields: {
            elemType: { type: "int32", id: 1 },
            shape: { type: "TensorShapeProto", id: 2 },
          },
        },
        TypeProto: { fields: { tensorType: { type: "TensorTypeProto", id: 1 } } },
        ValueInfoProto: {
          fields: { name: { type: "string", id: 1 }, type: { type: "TypeProto", id: 2 } },
        },
        GraphProto: {
          fields: {
            node: { rule: "repeated", type: "NodeProto", id: 1 },
            name: { type: "string", id: 2 },
            initializer: { rule: "repeated", type: "TensorProto", id: 5 },
            input: { rule: "repeated", type: "ValueInfoProto", id: 11 },
            output: { rule: "repeated", type: "ValueInfoProto", id: 12 },
            sparseInitializer: { rule: "repeated", type: "SparseTensorProto", id: 15 },
          },
        },
        FunctionProto: {
          fields: {
            name: { type: "string", id: 1 },
            input: { rule: "repeated", type: "string", id: 4 },
            output: { rule: "repeated", type: "string", id: 5 },
            attribute: { rule: "repeated", type: "string", id: 6 },
            node: { rule: "repeated", type: "NodeProto", id: 7 },
            opsetImport: { rule: "repeated", type: "OperatorSetIdProto", id: 9 },
            domain: { type: "string", id: 10 },
            attributeProto: { rule: "repeated", type: "AttributeProto", id: 11 },
            overload: { type: "string", id: 13 },
          },
        },
        OperatorSetIdProto: {
          fields: { domain: { type: "string", id: 1 }, version: { type: "int64", id: 2 } },
        },
        StringStringEntryProto: {
          fields: { key: { type: "string", id: 1 }, value: { type: "string", id: 2 } },
        },
        ModelProto: {
          fields: {
            irVersion: { type: "int64", id: 1 },
            producerName: { type: "string", id: 2 },
            producerVersion: { type: "string", id: 3 },
            graph: { type: "GraphProto", id: 7 },
            opsetImport: { rule: "repeated", type: "OperatorSetIdProto", id: 8 },
            metadataProps: { rule: "repeated", type: "StringStringEntryProto", id: 14 },
            functions: { rule: "repeated", type: "FunctionProto", id: 25 },
          },
        },
        // The same messages taken apart no further than needed: what is bytes here is passed on as it is, so
        // that nothing of a file is lost that is not described above.
        ModelParts: {
          fields: {
            irVersion: { type: "int64", id: 1 },
            producerName: { type: "string", id: 2 },
            graph: { type: "bytes", id: 7 },
            opsetImport: { rule: "repeated", type: "OperatorSetIdProto", id: 8 },
            metadataProps: { rule: "repeated", type: "StringStringEntryProto", id: 14 },
            functions: { rule: "repeated", type: "bytes", id: 25 },
          },
        },
        GraphParts: {
          fields: {
            node: { rule: "repeated", type: "bytes", id: 1 },
            name: { type: "string", id: 2 },
            initializer: { rule: "repeated", type: "bytes", id: 5 },
            input: { rule: "repeated", type: "bytes", id: 11 },
            output: { rule: "repeated", type: "bytes", id: 12 },
            sparseInitializer: { rule: "repeated", type: "bytes", id: 15 },
          },
        },
        TensorHeader: { fields: { name: { type: "string", id: 8 } } },
        SparseTensorHeader: { fields: { values: { type: "TensorHeader", id: 1 } } },
        // What is needed to follow the values of a node and of the graphs in it.
        NodeHeader: {
          fields: {
            input: { rule: "repeated", type: "string", id: 1 },
            output: { rule: "repeated", type: "string", id: 2 },
            name: { type: "string", id: 3 },
            opType: { type: "string", id: 4 },
            attribute: { rule: "repeated", type: "AttributeHeader", id: 5 },
          },
        },
        AttributeHeader: {
          fields: {
            name: { type: "string", id: 1 },
            g: { type: "GraphHeader", id: 6 },
            ints: { rule: "repeated", type: "int64", id: 8 },
            graphs: { rule: "repeated", type: "GraphHeader", id: 11 },
          },
        },
        GraphHeader: {
          fields: {
            node: { rule: "repeated", type: "NodeHeader", id: 1 },
            initializer: { rule: "repeated", type: "TensorHeader", id: 5 },
            input: { rule: "repeated", type: "ValueHeader", id: 11 },
            output: { rule: "repeated", type: "ValueHeader", id: 12 },
            sparseInitializer: { rule: "repeated", type: "SparseTensorHeader", id: 15 },
          },
        },
        ValueHeader: { fields: { name: { type: "string", id: 1 } } },
        NodeParts: {
          fields: {
            input: { rule: "repeated", type: "string", id: 1 },
            output: { rule: "repeated", type: "string", id: 2 },
            name: { type: "string", id: 3 },
            opType: { type: "string", id: 4 },
            attribute: { rule: "repeated", type: "bytes", id: 5 },
            domain: { type: "string", id: 7 },
            overload: { type: "string", id: 8 },
          },
        },
        AttributeParts: {
          fields: {
            name: { type: "string", id: 1 },
            i: { type: "int64", id: 3 },
            g: { type: "bytes", id: 6 },
            type: { type: "int32", id: 20 },
          },
        },
      },
    },
  },
});

/** ONNX's messages. */
export const ModelProto = root.lookupType("onnx.ModelProto");
export const GraphProto = root.lookupType("onnx.GraphProto");
export const ValueInfoProto = root.lookupType("onnx.ValueInfoProto");

/** The same messages in parts that are passed on as they are. */
export const ModelParts = root.lookupType("onnx.ModelParts");
export const GraphParts = root.lookupType("onnx.GraphParts");
export const TensorHeader = root.lookupType("onnx.TensorHeader");
export const SparseTensorHeader = root.lookupType("onnx.SparseTensorHeader");
export const NodeHeader = root.lookupType("onnx.NodeHeader");
export const NodeParts = root.lookupType("onnx.NodeParts");
export const AttributeParts = root.lookupType("onnx.AttributeParts");
