/**
 * The CUDA backend, which {@link org.rlr.tensor.backend.Backends} finds; everything in it is internal.
 *
 * <p>JCuda's libraries, its natives included, belong where this module is: on the module path with it, or with it on
 * the class path.
 */
@SuppressWarnings("requires-automatic") // JCuda has no module descriptors
module org.rlr.cuda {
    requires static org.jspecify;
    requires jcublas;
    requires jcuda;
    requires jcudnn;
    requires org.rlr.tensor;

    provides org.rlr.tensor.backend.BackendProvider with
            org.rlr.cuda.CudaBackendProvider;
}
