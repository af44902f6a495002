/**
 * Tensors, lifetime scopes, reverse-mode autograd, the CPU backend, and files in SafeTensors and PyTorch's formats.
 *
 * <p>Packages that are not exported are internal. The fast kernels need module {@code jdk.incubator.vector}: say
 * {@code requires jdk.incubator.vector} in the module of your application, or start Java with {@code --add-modules
 * jdk.incubator.vector}.
 */
@SuppressWarnings("requires-automatic") // EJML has no module descriptors
module org.rlr.tensor {
    requires static transitive org.jspecify;
    requires com.google.gson;
    requires ejml.core;
    requires ejml.fdense;
    requires java.management;
    requires jdk.management;

    exports org.rlr.tensor;
    exports org.rlr.tensor.autograd;
    exports org.rlr.tensor.backend;
    exports org.rlr.tensor.io;
    exports org.rlr.tensor.nn;

    uses org.rlr.tensor.backend.BackendProvider;

    provides org.rlr.tensor.backend.BackendProvider with
            org.rlr.tensor.cpu.CpuBackendProvider;
}
