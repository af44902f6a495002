/**
 * RLR: backbones, the transformer, training, evaluation, detection and reports; begin with
 * {@link org.rlr.model.detect.AnomalyDetector}.
 *
 * <p>Packages that are not exported are internal. The fast kernels need module {@code jdk.incubator.vector}: say
 * {@code requires jdk.incubator.vector} in the module of your application, or start Java with {@code --add-modules
 * jdk.incubator.vector}.
 */
@SuppressWarnings("requires-automatic") // EJML has no module descriptors
module org.rlr.model {
    requires transitive org.jspecify;
    requires transitive java.desktop;
    requires transitive org.rlr.tensor;
    requires com.google.gson;
    requires ejml.core;
    requires ejml.fdense;
    requires java.net.http;

    // OnnxExport; an application that calls it requires org.tribuo.util.onnx
    requires static com.google.protobuf;
    requires static org.tribuo.util.onnx;

    exports org.rlr.model;
    exports org.rlr.model.attention;
    exports org.rlr.model.backbone;
    exports org.rlr.model.checkpoint;
    exports org.rlr.model.config;
    exports org.rlr.model.data;
    exports org.rlr.model.decoder;
    exports org.rlr.model.demo;
    exports org.rlr.model.detect;
    exports org.rlr.model.eval;
    exports org.rlr.model.features;
    exports org.rlr.model.onnx;
    exports org.rlr.model.report;
    exports org.rlr.model.synthetic;
    exports org.rlr.model.train;
    exports org.rlr.model.transformer;
    exports org.rlr.model.weights;

    opens org.rlr.model.config to
            com.google.gson;
    opens org.rlr.model.decoder to
            com.google.gson;
    opens org.rlr.model.train to
            com.google.gson;

    uses org.rlr.model.attention.AttentionBlockProvider;
    uses org.rlr.model.backbone.BackboneProvider;
    uses org.rlr.model.data.DataLayoutProvider;

    provides org.rlr.model.attention.AttentionBlockProvider with
            org.rlr.model.attention.BuiltInBlocks.Mca,
            org.rlr.model.attention.BuiltInBlocks.Ca,
            org.rlr.model.attention.BuiltInBlocks.Msa,
            org.rlr.model.attention.BuiltInBlocks.Nsa,
            org.rlr.model.attention.BuiltInBlocks.Sa;
    provides org.rlr.model.backbone.BackboneProvider with
            org.rlr.model.backbone.ScatteringBackbone.Provider,
            org.rlr.model.backbone.EfficientNet.Provider,
            org.rlr.model.backbone.ResNet.Provider,
            org.rlr.model.backbone.vit.VisionTransformerProvider;
    provides org.rlr.model.data.DataLayoutProvider with
            org.rlr.model.data.DataLayouts.BuiltIn;
}
