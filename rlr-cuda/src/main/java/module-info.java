/**
 * The CUDA backend, found by {@link org.rlr.tensor.backend.Backends}; everything in it is internal.
 *
 * <p>Put JCuda's libraries, including its natives, on the same path as this module: module path or class path.
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
