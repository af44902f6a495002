package org.rlr.cuda;

/**
 * Switches for debugging. System properties set them; they are read once, when this class is loaded, and apply to all
 * backends of the process.
 *
 * @param careful whether to wait for every kernel, and allocate memory without rounding up or reuse, which is slow;
 *     system property {@value #DEBUG}
 * @param cudnn whether to use cuDNN, if present, for convolutions; system property {@value #CUDNN}
 */
record CudaDebugging(boolean careful, boolean cudnn) {
    private static final String DEBUG = "rlr.cuda.debug";
    private static final String CUDNN = "rlr.cuda.cudnn";

    /** The values of the system properties. */
    static final CudaDebugging OF_PROCESS = new CudaDebugging(
            Boolean.getBoolean(DEBUG), !System.getProperty(CUDNN, "true").equals("false"));

    CudaDebugging withoutCudnn() {
        return new CudaDebugging(careful, false);
    }
}
