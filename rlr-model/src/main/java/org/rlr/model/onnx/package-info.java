/**
 * Models as ONNX files, for runtimes other than Java; start with {@link org.rlr.model.onnx.OnnxExport}. Needs
 * {@code org.tribuo:tribuo-util-onnx} on the class path.
 */
@NullMarked
package org.rlr.model.onnx;

import org.jspecify.annotations.NullMarked;
