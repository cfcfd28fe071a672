# frozen_string_literal: true

class UploadsController < ApplicationController
  def show
    url = Upload.find(params[:id])
    show_found(url && { get: url })
  end

  def update
    render json: { put: Upload.place(params[:id]) }
  end
end
